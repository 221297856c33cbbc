using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Remote;

/// <summary>Snapshots of volumes on another machine: pulled into a staging copy, and from there on as of this machine. Nothing is ever written there.</summary>
internal sealed class RemoteSnapshots(StoreAccessor stores, RemoteVolumes volumes, RsyncProgram program, TarRsyncSnapshots inner) : ISnapshots, IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <inheritdoc/>
    public void Dispose() => _turn.Dispose();

    /// <inheritdoc/>
    public async Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        SnapshotName.Require(request.Name);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            VolumePlace place = volumes.Locate(request.Volume);
            if (Prepare(place, request.Name) is { } existing)
            {
                return existing;
            }

            SnapshotCreator.RequireReachable(request, Consistency.PerFile);
            using Staging staging = Staging.Open(stores.Directory, place.Id);
            var pull = new RemotePull(program, staging, place, stores.Time, request.Progress);
            PulledCopy copy = await pull.RunAsync(cancellationToken).ConfigureAwait(false);
            return await inner.CreateAsync(place, request, copy, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default) => inner.GetAsync(snapshot, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<SnapshotInfo> ListAsync(VolumeRef? volume, string? namePrefix = null, CancellationToken cancellationToken = default)
        => inner.ListAsync(volume, namePrefix, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>With the last snapshot of a volume its staging copy goes too.</remarks>
    public async Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
    {
        await inner.DeleteAsync(snapshot, mode, cancellationToken).ConfigureAwait(false);
        await _turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using SnapshotStore? store = stores.TryOpenForReading();
            if (store?.FindVolume(snapshot.Volume.Id) is { } volume && store.Snapshots(volume.Id).Count == 0)
            {
                Staging.Remove(stores.Directory, volume.Id);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <inheritdoc/>
    public Task<VolumeInfo> CloneAsync(
        SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
        => throw NotThere(EngineCapability.Clone);

    /// <inheritdoc/>
    public Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default)
        => throw NotThere(EngineCapability.RollbackInPlace);

    /// <inheritdoc/>
    public Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
        => inner.HoldAsync(snapshot, owner, cancellationToken);

    /// <inheritdoc/>
    public Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
        => inner.ReleaseAsync(snapshot, owner, cancellationToken);

    /// <summary>Makes sure that there is a store to pull into, and finds a snapshot that is there already.</summary>
    private SnapshotInfo? Prepare(VolumePlace place, string name)
    {
        using SnapshotStore store = stores.TryOpenForReading() ?? stores.OpenForWriting(create: true);
        return store.Snapshots(place.Id).FirstOrDefault(snapshot => snapshot.Name == name)?.ToInfo(VolumeLookup.Ref(place.Id, place.Location));
    }

    private CapabilityNotSupportedException NotThere(EngineCapability capability) => new(
        capability,
        $"Nothing is written to {program.Host.Name}: rsync only pulls from there. Restore the snapshot to a directory here ('restore'), and copy that to where it is wanted.")
    { Engine = TarRsyncEngineFactory.SchemeName };
}
