using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Streams;

/// <summary>
/// Receives one stream: into a subvolume <c>.seng-tmp-data</c> in the new snapshot's directory, which gets its name <c>data</c> when it is whole, marked as received,
/// read-only and on the device. What a crash leaves is swept with the next snapshot. One use.
/// </summary>
/// <param name="host">Where the volume is.</param>
/// <param name="place">The volume.</param>
/// <param name="table">All subvolumes of its file system.</param>
/// <param name="reader">The stream, after its first command.</param>
/// <param name="reading">Ends a wait for the stream.</param>
/// <param name="maker">Cuts snapshots.</param>
/// <param name="progress">Told how far it is; null for nobody.</param>
internal sealed class StreamReceiver(
    IBtrfsHost host, VolumePlace place, SubvolumeTable table, BtrfsSendReader reader, CancellationTokenSource reading, SnapshotMaker maker, IProgress<OperationProgress>? progress)
{
    // Of the volume as it is, for a comparison; swept with the rest.
    private static readonly byte[] Frozen = [.. SnapshotStore.Unfinished, .. "live"u8];

    private readonly bool _isFull = reader.Command == BtrfsCommand.Subvolume;
    private readonly Guid _uuid = reader.Uuid(BtrfsAttribute.Uuid);
    private readonly ulong _transaction = reader.Number(BtrfsAttribute.TransactionId);
    private readonly Guid _base = reader.Command == BtrfsCommand.Snapshot ? reader.Uuid(BtrfsAttribute.CloneUuid) : Guid.Empty;
    private readonly string _told = reader.Bytes(BtrfsAttribute.FilePath).Contains((byte)0)
        ? throw reader.Damaged("the snapshot's name holds a NUL byte") : new BytePath(reader.Bytes(BtrfsAttribute.FilePath).ToArray()).ToString();

    /// <summary>Receives it.</summary>
    /// <param name="change">The volume's snapshot directory.</param>
    /// <param name="existing">The volume's snapshots.</param>
    /// <param name="cancellationToken">Gives up; nothing remains.</param>
    /// <returns>The snapshot.</returns>
    internal SnapshotEntry Run(IBtrfsChange change, IReadOnlyList<SnapshotEntry> existing, CancellationToken cancellationToken)
    {
        RequireNew(existing);
        var sources = new ReceiveSources(host, table, existing, reader);
        (SubvolumeDetails Details, BytePath Path)? from = _isFull ? null : RequireBase(sources, cancellationToken);
        RequireBaseState(change, from, cancellationToken);
        (string name, bool isTaken) = FreeName(change, SnapshotName.IsValid(_told) ? _told : SubvolumeTable.Text(_uuid));
        byte[] home = System.Text.Encoding.ASCII.GetBytes(name);
        try
        {
            var noted = new SnapshotFile(name) { Warnings = isTaken ? [$"The stream calls it '{_told}', which is another one's name."] : [] };
            change.MakeHomes(home, noted.Format());
            change.Receive(new ReceiveRequest(home, _uuid, _transaction, _base, from, place.Location, reader, reading, sources, progress), cancellationToken);
            RequireBaseState(change, from, cancellationToken); // once more, because that took its time
            if (_isFull)
            {
                KeepPresent(change, name, existing, cancellationToken);
            }

            change.Publish(home);
        }
        catch (Exception e)
        {
            Undo(change, home, e);
            throw;
        }

        return maker.TryRead(place, VolumeLookup.Below(change.Directories[0], home)) ?? throw new StorageEngineException(
            EngineStatus.Aborted, EngineReason.None, Recovery.Retry, $"The snapshot '{name}' of '{place.Location}' was removed while it was received; try again.")
        { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply" };
    }

    private void RequireNew(IReadOnlyList<SnapshotEntry> existing)
    {
        if (existing.FirstOrDefault(each => each.Details.ReceivedUuid == _uuid || each.Details.Uuid == _uuid) is { } there)
        {
            throw new StorageEngineException(
                EngineStatus.AlreadyExists, EngineReason.None, Recovery.FixRequest,
                $"The stream's snapshot {_uuid} is there already: '{there.Name}' of '{place.Location}'. Roll the volume back to it if it is to hold that, or delete it first.")
            { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply" };
        }
    }

    private (SubvolumeDetails Details, BytePath Path) RequireBase(ReceiveSources sources, CancellationToken cancellationToken)
        => sources.TryFind(_base, reader.Number(BtrfsAttribute.CloneTransactionId), cancellationToken)
            ?? throw Mismatch(_base, $"it has no snapshot {_base}, from which the stream was made, or that was changed since");

    private (string Name, bool IsTaken) FreeName(IBtrfsChange change, string wanted)
    {
        HashSet<string> taken = [.. host.Directories(change.Directories[0], CancellationToken.None).Select(System.Text.Encoding.Latin1.GetString)];
        wanted = wanted[..Math.Min(wanted.Length, SnapshotName.MaxLength)];
        string name = wanted;
        for (int i = 2; taken.Contains(name); i++)
        {
            string suffix = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"-{i}");
            name = wanted[..Math.Min(wanted.Length, SnapshotName.MaxLength - suffix.Length)] + suffix;
        }

        return (name, name != wanted);
    }

    // The volume gets the stream's state: what it holds now has to be in a snapshot.
    private bool HoldsOneOf(IBtrfsChange change, IReadOnlyList<(SubvolumeDetails Details, BytePath Path)> kept, CancellationToken cancellationToken)
    {
        SubvolumeDetails now = host.WrittenBack(place, cancellationToken);
        if (kept.Any(each => LiveState.IsSurelySame(now, each.Details)))
        {
            return true;
        }

        if (kept.Count == 0)
        {
            return false;
        }

        BytePath frozen = VolumeLookup.Below(change.Directories[0], Frozen);
        SubvolumeDetails details = change.Freeze(place, frozen);
        try
        {
            return LiveState.IsSame(
                host, new SnapshotEntry(place.Key, kept[^1].Details, kept[^1].Path, null), new SnapshotEntry(place.Key, details, frozen, null), place.Ref, cancellationToken);
        }
        finally
        {
            change.Destroy(frozen, details.Uuid);
        }
    }

    private void RequireBaseState(IBtrfsChange change, (SubvolumeDetails Details, BytePath Path)? from, CancellationToken cancellationToken)
    {
        if (from is { } one && !HoldsOneOf(change, [one], cancellationToken))
        {
            throw Mismatch(_base, "it was changed since; roll it back to the base, which loses the changes");
        }
    }

    // A whole stream takes the place of what the volume held; that stays as a snapshot, if it is in none.
    private void KeepPresent(IBtrfsChange change, string name, IReadOnlyList<SnapshotEntry> existing, CancellationToken cancellationToken)
    {
        if (host.IsEmpty(place) || HoldsOneOf(change, [.. existing.Where(each => each.Details.IsPristine).Select(each => (each.Details, each.Path))], cancellationToken))
        {
            return;
        }

        (string free, _) = FreeName(change, "before-" + name);
        _ = maker.Create(place, change, new SnapshotFile(free) { Warnings = [$"It holds what '{place.Location}' held when the whole stream '{name}' was applied to it."] }, cancellationToken);
    }

    private BaseMismatchException Mismatch(Guid wanted, string why)
        => new(wanted.ToString(), null, $"'{place.Location}' is not at the state that the stream was made from: {why}; or apply a full stream. Nothing was written.")
        { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply" };

    private void Undo(IBtrfsChange change, byte[] name, Exception cause)
    {
        try
        {
            change.Undo(name);
        }
        catch (Exception e) when (e is PosixException or StorageCommandException)
        {
            bool isLost = e is StorageCommandException;
            throw new StorageEngineException(
                isLost ? EngineStatus.Unavailable : EngineStatus.Aborted, isLost ? EngineReason.ConnectionLost : EngineReason.None, isLost ? Recovery.RetryAfterBackoff : Recovery.Retry,
                $"Applying to '{place.Location}' failed ({cause.Message}), and what was received could not be removed from '{VolumeLookup.Below(change.Directories[0], name)}': {e.Message} The volume is as it was; the next snapshot or stream removes it.", cause)
            { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply" };
        }
    }
}
