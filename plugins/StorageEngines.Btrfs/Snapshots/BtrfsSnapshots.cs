using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>Read-only snapshots of subvolumes.</summary>
internal sealed class BtrfsSnapshots(VolumeLookup volumes, SnapshotCatalog catalog) : ISnapshots, IDisposable
{
    private readonly SnapshotMaker _maker = new(volumes.Host, catalog);
    private readonly SemaphoreSlim _turn = new(1, 1); // The lock refuses a second writer at once; writers of this engine take turns before they come to it.
    private readonly ConcurrentDictionary<string, bool> _swept = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_SNAP_CREATE_V2, ioctl_btrfs(2).</remarks>
    public Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        SnapshotName.Require(request.Name);
        return WriteAsync("create a snapshot of", request.Volume, () => Create(request, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return Offload.RunAsync(() => catalog.Describe(snapshot, cancellationToken) ?? throw SnapshotCatalog.Missing(snapshot), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_TREE_SEARCH_V2, ioctl_btrfs(2); without CAP_SYS_ADMIN getdents(2) of the snapshot directory.</remarks>
    public async IAsyncEnumerable<SnapshotInfo> ListAsync(
        VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<VolumeRef> wanted = volume is null
            ? await Offload.RunAsync(() => volumes.All(cancellationToken).Select(each => each.Ref).ToList(), cancellationToken).ConfigureAwait(false) : [volume];
        foreach (VolumeRef each in wanted)
        {
            SnapshotCatalog.Listing listing = await Offload.RunAsync(() => catalog.List(each, cancellationToken), cancellationToken).ConfigureAwait(false);
            foreach (SnapshotInfo snapshot in listing.Infos)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (namePrefix is null || snapshot.Ref.Name!.StartsWith(namePrefix, StringComparison.Ordinal))
                {
                    yield return snapshot;
                }
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="CapabilityNotSupportedException">Only the data is to be deleted, which Btrfs cannot.</exception>
    /// <remarks>Implements: ioctl BTRFS_IOC_SNAP_DESTROY_V2, ioctl_btrfs(2).</remarks>
    public Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (mode != DeleteMode.Everything)
        {
            throw new CapabilityNotSupportedException(EngineCapability.DeleteDataOnly, "A Btrfs snapshot is its data; delete everything, or keep it.") { Engine = BtrfsEngineFactory.SchemeName };
        }

        return WriteAsync("delete a snapshot of", snapshot.Volume, () => catalog.TryFind(snapshot, cancellationToken) is { } entry && Deleted(entry, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_SNAP_CREATE_V2, ioctl_btrfs(2).</remarks>
    public Task<VolumeInfo> CloneAsync(
        SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (!location.IsAbsolute || location.Length == 1)
        {
            throw new ArgumentException($"'{location}' is not an absolute path with a name.", nameof(location));
        }

        return WriteAsync(
            "clone a snapshot of",
            snapshot.Volume,
            () =>
            {
                volumes.Host.Clone(catalog.Require(snapshot, cancellationToken), location, cancellationToken);
                return volumes.Resolve(location).Info;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_SNAP_CREATE_V2, renameat2(2) with RENAME_EXCHANGE, ioctl BTRFS_IOC_SNAP_DESTROY_V2.</remarks>
    public Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(options);
        if (options.SafetySnapshotName is { } safety)
        {
            SnapshotName.Require(safety);
        }

        return WriteAsync("roll back", snapshot.Volume, () => RolledBack(snapshot, options, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        SnapshotName.Require(owner);
        return WriteAsync("hold a snapshot of", snapshot.Volume, () => SetHold(catalog.Require(snapshot, cancellationToken), owner, held: true, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return WriteAsync("release a snapshot of", snapshot.Volume, () => catalog.TryFind(snapshot, cancellationToken) is { } entry && SetHold(entry, owner, held: false, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    /// <summary>Runs a change when it is its turn, away from the caller's thread; errors of the system become the engine's.</summary>
    internal async Task<T> WriteAsync<T>(string operation, VolumeRef volume, Func<T> change, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Offload.RunAsync(change, cancellationToken).ConfigureAwait(false);
        }
        catch (PosixException e)
        {
            throw BtrfsErrors.From(e, operation, volume.ToString());
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Opens volumes' snapshot directories for changes; the first time, what crashes left there and beside the volumes is removed.</summary>
    internal IBtrfsChange BeginSwept(IReadOnlyList<VolumePlace> places, CancellationToken cancellationToken)
    {
        IBtrfsChange change = volumes.Host.Begin(places, cancellationToken);
        try
        {
            if (!places.All(place => _swept.ContainsKey(place.Key.Id)))
            {
                change.Sweep();
                Rollback.Sweep(volumes.Host, change, places);
                foreach (VolumePlace place in places)
                {
                    _swept[place.Key.Id] = true;
                }
            }

            return change;
        }
        catch
        {
            change.Dispose();
            throw;
        }
    }

    private SnapshotInfo Create(CreateSnapshotRequest request, CancellationToken cancellationToken)
    {
        VolumePlace place = volumes.Locate(request.Volume, cancellationToken);
        if (request.MinimumConsistency > Consistency.Crash)
        {
            throw BtrfsErrors.NotSupported(
                EngineStatus.FailedPrecondition, $"A Btrfs snapshot is as after a loss of power (Crash), and {request.MinimumConsistency} is asked for; give a hook that brings the application to rest.");
        }

        using IBtrfsChange change = BeginSwept([place], cancellationToken);
        List<string> nested;
        using (SubvolumeTable? table = volumes.TryReadTable(place.Key.FileSystem, cancellationToken))
        {
            nested = table is null ? [] : Rollback.Nested(table, place.Current);
        }

        var noted = new SnapshotFile(request.Name)
        {
            Labels = request.Labels,
            Warnings = [.. nested.Select(each => $"The nested subvolume '{each}' is not in it; snapshot it too.")],
        };
        SnapshotEntry made = _maker.Create(place, change, noted, cancellationToken);
        using SubvolumeTable? now = volumes.TryReadTable(place.Key.FileSystem, CancellationToken.None);
        return made.ToInfo(place.Ref, now);
    }

    private bool Deleted(SnapshotEntry entry, CancellationToken cancellationToken)
    {
        _maker.Delete(entry, cancellationToken);
        return true;
    }

    private bool RolledBack(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken)
    {
        SnapshotEntry target = catalog.Require(snapshot, cancellationToken);
        VolumePlace place = volumes.Locate(snapshot.Volume, cancellationToken);
        Rollback.Check(volumes, place, cancellationToken);
        using IBtrfsChange change = BeginSwept([place], cancellationToken);
        if (options.SafetySnapshotName is { } safety)
        {
            if (catalog.TryRead(place.Key, VolumeLookup.Below(change.Directories[0], System.Text.Encoding.ASCII.GetBytes(safety)), cancellationToken) is not null)
            {
                // Creation would give that one back, and what the volume holds now would be in no snapshot.
                throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                    $"There is a snapshot '{safety}' of '{place.Location}' already, which does not hold what is there now; choose another name for the safety snapshot. Nothing was changed.")
                { Engine = BtrfsEngineFactory.SchemeName, Operation = "roll back" };
            }

            _ = _maker.Create(place, change, new SnapshotFile(safety), cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        string? warning = volumes.Host.WarnOfOpenFiles(place);
        Rollback.Run(volumes.Host, place, change, target);
        if (warning is not null)
        {
            options.Progress?.Report(new OperationProgress("warning: " + warning, 0, null));
        }

        return true;
    }

    private bool SetHold(SnapshotEntry entry, string owner, bool held, CancellationToken cancellationToken)
    {
        if (entry.File is null)
        {
            return !held ? false : throw BtrfsErrors.NotSupported(
                EngineStatus.FailedPrecondition, $"'{entry.Path}' was not made by this engine, which has no place to note a hold of it; make a snapshot with this engine.");
        }

        using IBtrfsChange change = volumes.Host.Begin(entry.Path.Parent.Parent, cancellationToken);
        SnapshotFile file = catalog.TryRead(entry.Volume, entry.Path.Parent, cancellationToken)?.File ?? entry.File;
        List<string> others = [.. file.Holds.Where(each => each != owner)];
        change.WriteInfo(entry.Path.Parent, (file with { Holds = held ? [.. others, owner] : others }).Format());
        return true;
    }
}
