using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Streams;

/// <summary>The send stream: what <c>btrfs send</c> writes and <c>btrfs receive</c> reads. Safe for use by several threads. Needs root.</summary>
/// <param name="host">Where it works.</param>
/// <param name="volumes">Finds volumes.</param>
/// <param name="catalog">Finds snapshots.</param>
/// <param name="kind">Which stream is planned; null for the default.</param>
internal sealed class BtrfsDifferentials(IBtrfsHost host, VolumeLookup volumes, SnapshotCatalog catalog, StreamKind? kind) : IDifferentials
{
    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_SEND with NO_FILE_DATA, ioctl_btrfs(2); on another machine btrfs-send(8).</remarks>
    public Task<TransferPlan> PlanAsync(ChangeToken? baseSnapshot, SnapshotRef targetSnapshot, string? resumeToken = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(targetSnapshot);
        return Task.Run(() => Plan(baseSnapshot, targetSnapshot, resumeToken, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The plan is not one of this engine.</exception>
    /// <remarks>Implements: ioctl BTRFS_IOC_SEND, ioctl_btrfs(2); on another machine btrfs-send(8).</remarks>
    public Task ExportAsync(TransferPlan plan, Stream output, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(output);
        StreamKind chosen = StreamKind.Of(plan);
        return Task.Run(() => Export(plan, chosen, output, progress, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_SNAP_CREATE_V2, BTRFS_IOC_SET_RECEIVED_SUBVOL, BTRFS_IOC_SUBVOL_SETFLAGS, ioctl_btrfs(2); renameat2(2) with RENAME_EXCHANGE; on another machine btrfs-receive(8).</remarks>
    public Task<SnapshotInfo> ApplyAsync(Stream input, VolumeRef target, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(target);
        return Task.Run(() => Apply(input, target, progress, cancellationToken), cancellationToken);
    }

    private TransferPlan Plan(ChangeToken? token, SnapshotRef target, string? resumeToken, CancellationToken cancellationToken)
    {
        (SnapshotEntry? from, SnapshotEntry to) = Find(token, target, cancellationToken);
        try
        {
            using ISendSource source = host.OpenSource(from, to, target, cancellationToken);
            (StreamKind chosen, long bytes, long data) = Estimate(source, cancellationToken);
            List<string> steps = resumeToken is null ? [] : ["A Btrfs stream cannot be resumed: it begins anew."];
            steps.Add(from is null ? $"Write all of '{to.Name}'." : $"Write what changed from '{from.Name}' to '{to.Name}'.");
            steps.Add($"{data} bytes of data{(chosen.IsCompressed ? ", less where they are compressed" : "")}, in a stream of version {chosen.Version}.");
            return new TransferPlan(chosen.Format, chosen.Version, token, target, bytes, null, steps);
        }
        catch (PosixException e)
        {
            throw BtrfsErrors.From(e, "plan an export of", to.Path.ToString());
        }
    }

    // Whether a program on another host knows version 2 shows when it is tried.
    private (StreamKind Kind, long Bytes, long Data) Estimate(ISendSource source, CancellationToken cancellationToken)
    {
        IReadOnlyList<StreamKind> kinds = source.Kinds(kind);
        for (int i = 0; ; i++)
        {
            try
            {
                (long bytes, long data) = StreamEstimate.Find(source, kinds[i], cancellationToken);
                return (kinds[i], bytes, data);
            }
            catch (PosixException) when (i + 1 < kinds.Count)
            {
                // The next one is for older programs.
            }
        }
    }

    private async Task Export(TransferPlan plan, StreamKind chosen, Stream output, IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        (SnapshotEntry? from, SnapshotEntry to) = Find(plan.Base, plan.Target, cancellationToken);
        try
        {
            using ISendSource source = host.OpenSource(from, to, plan.Target, cancellationToken);
            _ = source.Kinds(chosen);
            await new StreamExport(source, to, chosen, progress).RunAsync(output, plan.EstimatedBytes, cancellationToken).ConfigureAwait(false);
        }
        catch (PosixException e)
        {
            throw BtrfsErrors.From(e, "export snapshot", to.Path.ToString());
        }
    }

    private (SnapshotEntry? From, SnapshotEntry To) Find(ChangeToken? token, SnapshotRef target, CancellationToken cancellationToken)
    {
        SnapshotEntry to = catalog.Require(target, cancellationToken);
        return (token is null ? null : LineageRule.RequireBase(catalog, volumes, token, to, target), to);
    }

    private SnapshotInfo Apply(Stream input, VolumeRef target, IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        VolumePlace place = volumes.Locate(target, cancellationToken);
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reader = BtrfsSendReader.ReadAhead(input, "Btrfs send stream", reading.Token);
        try
        {
            Rollback.Check(volumes, place, cancellationToken);
            if (!reader.Read() || reader.Command is not (BtrfsCommand.Subvolume or BtrfsCommand.Snapshot))
            {
                throw reader.Damaged("the stream does not begin with the command that says which snapshot it holds");
            }

            IReadOnlyList<SnapshotEntry> existing = catalog.List(target, cancellationToken).Snapshots;
            using IBtrfsChange change = host.Begin([place], cancellationToken);
            change.Sweep();
            Rollback.Sweep(host, change, [place]);
            using SubvolumeTable table = host.TryReadTable(place.Location, place.Key.FileSystem, cancellationToken)
                ?? throw new PosixException(Errno.EPERM, "list subvolumes of", place.Location.Span);
            SnapshotEntry received = new StreamReceiver(host, place, table, reader, reading, new SnapshotMaker(host, catalog), progress).Run(change, existing, cancellationToken);
            Rollback.Run(host, place, change, received);
            using SubvolumeTable? now = host.TryReadTable(place.Location, place.Key.FileSystem, CancellationToken.None);
            return received.ToInfo(place.Ref, now);
        }
        catch (PosixException e)
        {
            throw BtrfsErrors.From(e, "apply a stream to", place.Location.ToString());
        }
    }
}
