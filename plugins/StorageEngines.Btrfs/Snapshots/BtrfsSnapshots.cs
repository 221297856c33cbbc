using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>Read-only snapshots of subvolumes.</summary>
internal sealed class BtrfsSnapshots(VolumeLookup volumes, SnapshotCatalog catalog) : ISnapshots, IDisposable
{
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
        return Task.Run(() => catalog.Describe(snapshot) ?? throw SnapshotCatalog.Missing(snapshot), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_TREE_SEARCH_V2, ioctl_btrfs(2); without CAP_SYS_ADMIN getdents(2) of the snapshot directory.</remarks>
    public async IAsyncEnumerable<SnapshotInfo> ListAsync(
        VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        List<VolumeRef> wanted = volume is null
            ? await Task.Run(() => volumes.All(cancellationToken).Select(each => each.Ref).ToList(), cancellationToken).ConfigureAwait(false) : [volume];
        foreach (VolumeRef each in wanted)
        {
            SnapshotCatalog.Listing listing = await Task.Run(() => catalog.List(each, cancellationToken), cancellationToken).ConfigureAwait(false);
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

        return WriteAsync("delete a snapshot of", snapshot.Volume, () => catalog.TryFind(snapshot) is { } entry && Deleted(entry), cancellationToken);
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
                SnapshotEntry entry = catalog.Require(snapshot);
                using DirectoryHandle source = DirectoryHandle.Open(entry.Path.Span);
                using DirectoryHandle parent = DirectoryHandle.Open(location.Parent.IsRoot ? "/"u8 : location.Parent.Span);
                cancellationToken.ThrowIfCancellationRequested();
                BtrfsControl.CreateSnapshot(source, parent, location.Name.Span, readOnly: false);
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
        return WriteAsync("hold a snapshot of", snapshot.Volume, () => SetHold(catalog.Require(snapshot), owner, held: true), cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return WriteAsync("release a snapshot of", snapshot.Volume, () => catalog.TryFind(snapshot) is { } entry && SetHold(entry, owner, held: false), cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    /// <summary>Runs a change when it is its turn, away from the caller's thread; errors of the system become the engine's.</summary>
    internal async Task<T> WriteAsync<T>(string operation, VolumeRef volume, Func<T> change, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(change, cancellationToken).ConfigureAwait(false);
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

    /// <summary>Opens a volume's snapshot directory for changes; the first time, what crashes left there and beside the volume is removed.</summary>
    internal SnapshotStore OpenSwept(VolumePlace place)
    {
        SnapshotStore store = SnapshotStore.Open(place);
        try
        {
            if (!_swept.ContainsKey(place.Key.Id))
            {
                store.Sweep();
                Rollback.Sweep(place);
                _swept[place.Key.Id] = true;
            }

            return store;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    private SnapshotInfo Create(CreateSnapshotRequest request, CancellationToken cancellationToken)
    {
        VolumePlace place = volumes.Locate(request.Volume);
        if (request.MinimumConsistency > Consistency.Crash)
        {
            throw BtrfsErrors.NotSupported(
                EngineStatus.FailedPrecondition, $"A Btrfs snapshot is as after a loss of power (Crash), and {request.MinimumConsistency} is asked for; give a hook that brings the application to rest.");
        }

        using SnapshotStore store = OpenSwept(place);
        using DirectoryHandle live = SnapshotMaker.OpenSame(place);
        SubvolumeTable? table = VolumeLookup.TryReadTable(live);
        List<string> nested = table is null ? [] : Rollback.Nested(table, place.Current);
        var noted = new SnapshotFile(request.Name)
        {
            Labels = request.Labels,
            Warnings = [.. nested.Select(each => $"The nested subvolume '{each}' is not in it; snapshot it too.")],
        };
        return SnapshotMaker.Create(place, store, noted, cancellationToken).ToInfo(place.Ref, VolumeLookup.TryReadTable(live));
    }

    private static bool Deleted(SnapshotEntry entry)
    {
        SnapshotMaker.Delete(entry);
        return true;
    }

    private bool RolledBack(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken)
    {
        SnapshotEntry target = catalog.Require(snapshot);
        VolumePlace place = volumes.Locate(snapshot.Volume);
        Rollback.Check(place);
        using SnapshotStore store = OpenSwept(place);
        if (options.SafetySnapshotName is { } safety)
        {
            if (SnapshotCatalog.TryRead(place.Key, VolumeLookup.Below(store.Path, System.Text.Encoding.ASCII.GetBytes(safety))) is not null)
            {
                // Creation would give that one back, and what the volume holds now would be in no snapshot.
                throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                    $"There is a snapshot '{safety}' of '{place.Location}' already, which does not hold what is there now; choose another name for the safety snapshot. Nothing was changed.")
                { Engine = BtrfsEngineFactory.SchemeName, Operation = "roll back" };
            }

            SnapshotMaker.Create(place, store, new SnapshotFile(safety), cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        Rollback.Run(place, store, target);
        return true;
    }

    private static bool SetHold(SnapshotEntry entry, string owner, bool held)
    {
        if (entry.File is null)
        {
            return !held ? false : throw BtrfsErrors.NotSupported(
                EngineStatus.FailedPrecondition, $"'{entry.Path}' was not made by this engine, which has no place to note a hold of it; make a snapshot with this engine.");
        }

        using SnapshotStore store = SnapshotStore.OpenLocked(entry.Path.Parent.Parent);
        using DirectoryHandle home = store.Root.OpenDirectory(entry.Path.Parent.Name.Span);
        SnapshotFile file = SnapshotFile.TryRead(home, entry.Path.Parent) ?? entry.File;
        List<string> others = [.. file.Holds.Where(each => each != owner)];
        (file with { Holds = held ? [.. others, owner] : others }).Write(home);
        return true;
    }
}
