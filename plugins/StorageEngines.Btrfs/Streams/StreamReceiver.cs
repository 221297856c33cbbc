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
/// <param name="place">The volume.</param>
/// <param name="table">All subvolumes of its file system.</param>
/// <param name="reader">The stream, after its first command.</param>
/// <param name="maker">Cuts snapshots.</param>
/// <param name="progress">Told how far it is; null for nobody.</param>
internal sealed class StreamReceiver(VolumePlace place, SubvolumeTable table, BtrfsSendReader reader, SnapshotMaker maker, IProgress<OperationProgress>? progress)
{
    private const int ReportEvery = 4096;

    private static readonly byte[] Half = [.. SnapshotStore.Unfinished, .. SnapshotCatalog.DataName];

    // Of the volume as it is, for a comparison; swept with the rest.
    private static readonly byte[] Frozen = [.. SnapshotStore.Unfinished, .. "live"u8];

    private readonly bool _isFull = reader.Command == BtrfsCommand.Subvolume;
    private readonly Guid _uuid = reader.Uuid(BtrfsAttribute.Uuid);
    private readonly ulong _transaction = reader.Number(BtrfsAttribute.TransactionId);
    private readonly Guid _base = reader.Command == BtrfsCommand.Snapshot ? reader.Uuid(BtrfsAttribute.CloneUuid) : Guid.Empty;
    private readonly string _told = new BytePath(reader.Bytes(BtrfsAttribute.FilePath).ToArray()).ToString();

    /// <summary>Receives it.</summary>
    /// <param name="change">The volume's snapshot directory.</param>
    /// <param name="existing">The volume's snapshots.</param>
    /// <param name="cancellationToken">Gives up; nothing remains.</param>
    /// <returns>The snapshot.</returns>
    internal SnapshotEntry Run(LocalChange change, IReadOnlyList<SnapshotEntry> existing, CancellationToken cancellationToken)
    {
        RequireNew(existing);
        SnapshotStore store = change.Store;
        using var sources = new ReceiveSources(table, existing, reader);
        (SubvolumeDetails Details, BytePath Path)? from = _isFull ? null : RequireBase(sources);
        (string name, bool isTaken) = FreeName(store, SnapshotName.IsValid(_told) ? _told : SubvolumeTable.Text(_uuid));
        byte[] home = System.Text.Encoding.ASCII.GetBytes(name);
        store.Root.MakeDirectory(home);
        try
        {
            using DirectoryHandle directory = store.Root.OpenDirectory(home);
            RequireBaseState(directory, from, cancellationToken);
            var noted = new SnapshotFile(name) { Warnings = isTaken ? [$"The stream calls it '{_told}', which is another one's name."] : [] };
            AtomicFile.Write(directory, SnapshotFile.FileName, noted.Format());
            Fill(directory, from, sources, cancellationToken);
            RequireBaseState(directory, from, cancellationToken); // once more, because that took its time
            if (_isFull)
            {
                KeepPresent(change, directory, name, existing, cancellationToken);
            }

            store.Root.Rename([.. home, (byte)'/', .. Half], [.. home, (byte)'/', .. SnapshotCatalog.DataName]);
            BtrfsControl.Sync(directory);
        }
        catch (Exception e)
        {
            Undo(store, home, e);
            throw;
        }

        return maker.TryRead(place, VolumeLookup.Below(store.Path, home)) ?? throw new StorageEngineException(
            EngineStatus.Aborted, EngineReason.None, Recovery.Retry, $"The snapshot '{name}' of '{place.Location}' was removed while it was received; try again.")
        { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply" };
    }

    private void RequireNew(IReadOnlyList<SnapshotEntry> existing)
    {
        if (existing.FirstOrDefault(each => each.Details.ReceivedUuid == _uuid || each.Details.Uuid == _uuid) is { } there)
        {
            throw new StorageEngineException(
                EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                $"The stream's snapshot {_uuid} is there already: '{there.Name}' of '{place.Location}'. Roll the volume back to it if it is to hold that, or delete it first.")
            { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply" };
        }
    }

    private (SubvolumeDetails Details, BytePath Path) RequireBase(ReceiveSources sources)
    {
        if (sources.TryFind(_base, reader.Number(BtrfsAttribute.CloneTransactionId)) is not { } found)
        {
            throw Mismatch(_base, $"it has no snapshot {_base}, from which the stream was made, or that was changed since");
        }

        sources.Add(_base, found.Path);
        return found;
    }

    private static (string Name, bool IsTaken) FreeName(SnapshotStore store, string wanted)
    {
        wanted = wanted[..Math.Min(wanted.Length, SnapshotName.MaxLength)];
        string name = wanted;
        for (int i = 2; store.Root.TryGetStatus(System.Text.Encoding.ASCII.GetBytes(name), out _); i++)
        {
            string suffix = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"-{i}");
            name = wanted[..Math.Min(wanted.Length, SnapshotName.MaxLength - suffix.Length)] + suffix;
        }

        return (name, name != wanted);
    }

    // The volume gets the stream's state: what it holds now has to be in a snapshot.
    private bool HoldsOneOf(DirectoryHandle home, IReadOnlyList<(SubvolumeDetails Details, BytePath Path)> kept, CancellationToken cancellationToken)
    {
        using DirectoryHandle live = LocalChange.OpenSame(place);
        BtrfsControl.Sync(live);
        SubvolumeDetails now = BtrfsControl.Details(live);
        if (kept.Any(each => LiveState.IsSurelySame(now, each.Details)))
        {
            return true;
        }

        BtrfsControl.CreateSnapshot(live, home, Frozen, readOnly: true);
        try
        {
            using DirectoryHandle frozen = home.OpenChild(Frozen);
            return kept.Count > 0 && LiveState.IsSame(frozen, kept[^1].Details, kept[^1].Path, cancellationToken);
        }
        finally
        {
            BtrfsControl.DestroySubvolume(home, Frozen);
        }
    }

    private void RequireBaseState(DirectoryHandle home, (SubvolumeDetails Details, BytePath Path)? from, CancellationToken cancellationToken)
    {
        if (from is { } one && !HoldsOneOf(home, [one], cancellationToken))
        {
            throw Mismatch(_base, "it was changed since; roll it back to the base, which loses the changes");
        }
    }

    // A whole stream takes the place of what the volume held; that stays as a snapshot, if it is in none.
    private void KeepPresent(LocalChange change, DirectoryHandle home, string name, IReadOnlyList<SnapshotEntry> existing, CancellationToken cancellationToken)
    {
        using DirectoryHandle live = LocalChange.OpenSame(place);
        if (LiveState.IsEmpty(live) || HoldsOneOf(home, [.. existing.Where(each => each.Details.IsPristine).Select(each => (each.Details, each.Path))], cancellationToken))
        {
            return;
        }

        (string free, _) = FreeName(change.Store, "before-" + name);
        _ = maker.Create(place, change, new SnapshotFile(free) { Warnings = [$"It holds what '{place.Location}' held when the whole stream '{name}' was applied to it."] }, cancellationToken);
    }

    private void Fill(DirectoryHandle home, (SubvolumeDetails Details, BytePath Path)? from, ReceiveSources sources, CancellationToken cancellationToken)
    {
        if (from is { } one)
        {
            using DirectoryHandle source = DirectoryHandle.Open(one.Path.Span);
            BtrfsControl.CreateSnapshot(source, home, Half, readOnly: false);
        }
        else
        {
            BtrfsControl.CreateSubvolume(home, Half);
        }

        using BeneathRoot root = BeneathRoot.Open([.. "/proc/self/fd/"u8, .. System.Text.Encoding.ASCII.GetBytes(home.DangerousGetHandle().ToString()), (byte)'/', .. Half]);
        using (var tree = new ReceivedTree(root, sources.Open, cancellationToken))
        {
            Commands(tree, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        root.SyncAll();
        BtrfsControl.SetReceived(root.Root, _uuid, _transaction);
        BtrfsControl.SetReadOnly(root.Root);
    }

    private void Commands(ReceivedTree tree, CancellationToken cancellationToken)
    {
        var checker = new BtrfsStreamChecker(reader, clonesFromOthers: true);
        EncodedExtents? decoder = null;
        long commands = 0;
        do
        {
            cancellationToken.ThrowIfCancellationRequested();
            BtrfsCommandDispatcher.One(reader, checker, ref decoder);
            try
            {
                BtrfsCommandDispatcher.One(reader, tree, ref decoder);
            }
            catch (PosixException e)
            {
                throw StreamErrors.From(e, reader, place.Location);
            }

            if (++commands % ReportEvery == 0)
            {
                progress?.Report(new OperationProgress("apply", reader.Position, null, commands));
            }
        }
        while (reader.Read());
        progress?.Report(new OperationProgress("apply", reader.Position, null, commands));
    }

    private BaseMismatchException Mismatch(Guid wanted, string why)
        => new(wanted.ToString(), null, $"'{place.Location}' is not at the state that the stream was made from: {why}; or apply a full stream. Nothing was written.")
        { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply" };

    private void Undo(SnapshotStore store, byte[] name, Exception cause)
    {
        try
        {
            using (DirectoryHandle home = store.Root.OpenDirectory(name))
            {
                if (FileStatus.TryGetAt(home, Half, out _))
                {
                    BtrfsControl.DestroySubvolume(home, Half);
                }
            }

            store.RemoveHome(name);
        }
        catch (PosixException e)
        {
            throw new StorageEngineException(
                EngineStatus.Aborted, EngineReason.None, Recovery.Retry,
                $"Applying to '{place.Location}' failed ({cause.Message}), and what was received could not be removed from '{store.Path}': {e.Message}. The volume is as it was; the next snapshot removes it.", cause)
            { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply" };
        }
    }
}
