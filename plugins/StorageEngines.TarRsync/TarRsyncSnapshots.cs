using System.Runtime.CompilerServices;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Remote;
using StorageEngines.TarRsync.Restore;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync;

/// <summary>Snapshots in the store.</summary>
internal sealed class TarRsyncSnapshots(StoreAccessor stores, IVolumes volumes, IVolumeReadMeter? observer, Func<PosixTime> fileClock, CaptureChoices choices)
    : ISnapshots
{
    /// <inheritdoc/>
    public Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        SnapshotName.Require(request.Name);
        return WriteAsync(
            () =>
            {
                VolumePlace place = volumes.Locate(request.Volume);
                using SnapshotStore store = stores.OpenForWriting(create: true);
                StoreOverlap.Refuse(place, store.Directory);
                var creator = new SnapshotCreator(store, stores.Time, observer, fileClock, choices);
                return creator.Create(place, request, cancellationToken).ToInfo(VolumeLookup.Ref(place.Id, place.Location));
            },
            cancellationToken);
    }

    /// <summary>Takes a snapshot of another machine's volume from the copy that was pulled of it.</summary>
    internal Task<SnapshotInfo> CreateAsync(VolumePlace place, CreateSnapshotRequest request, PulledCopy copy, CancellationToken cancellationToken)
        => WriteAsync(
            () =>
            {
                using SnapshotStore store = stores.OpenForWriting(create: true);
                var creator = new SnapshotCreator(store, stores.Time, observer, fileClock, choices) { Copy = copy };
                return creator.Create(place, request, cancellationToken).ToInfo(VolumeLookup.Ref(place.Id, place.Location));
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using SnapshotStore? store = stores.TryOpenForReading();
        return Task.FromResult(Require(store, snapshot).ToInfo(Label(store!, snapshot.Volume)));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<SnapshotInfo> ListAsync(
        VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        cancellationToken.ThrowIfCancellationRequested();
        if (volume is not null)
        {
            volumes.RequireKnown(volume);
        }

        using SnapshotStore? store = stores.TryOpenForReading();
        if (store is null)
        {
            yield break;
        }

        foreach (VolumeRecord record in volume is null ? store.Volumes().Where(volumes.Owns) : store.FindVolume(volume.Id) is { } one ? [one] : [])
        {
            VolumeRef owner = VolumeLookup.Ref(record.Id, record.Location);
            var unreadable = new List<SnapshotInfo>();
            foreach (SnapshotRecord snapshot in store.ReadableSnapshots(record.Id, (id, why) => unreadable.Add(Unreadable(owner, id, why))))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (namePrefix is null || snapshot.Name.StartsWith(namePrefix, StringComparison.Ordinal))
                {
                    yield return snapshot.ToInfo(owner);
                }
            }

            foreach (SnapshotInfo snapshot in namePrefix is null ? unreadable : [])
            {
                yield return snapshot;
            }
        }
    }

    /// <inheritdoc/>
    public Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
        => WriteAsync(
            () =>
            {
                using SnapshotStore? store = stores.TryOpenForWriting();
                store?.DeleteSnapshot(snapshot.Volume.Id, snapshot.Id, mode);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<VolumeInfo> CloneAsync(
        SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
        => Task.Run(
            () =>
            {
                using SnapshotStore? store = stores.TryOpenForReading();
                SnapshotRecord record = RequireData(store, snapshot);
                new Restorer(store!, record).Clone(location, progress, cancellationToken);
                return volumes.ResolveAsync(location, cancellationToken).AsTask();
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.SafetySnapshotName is { } safety)
        {
            SnapshotName.Require(safety);
        }

        return WriteAsync(
            () =>
            {
                Rollback(snapshot, options, cancellationToken);
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
    {
        SnapshotName.Require(owner);
        return WriteAsync(
            () =>
            {
                using SnapshotStore? store = stores.TryOpenForWriting();
                Require(store, snapshot);
                store!.AddHold(snapshot.Volume.Id, snapshot.Id, owner);
                return true;
            },
            cancellationToken);
    }

    /// <inheritdoc/>
    public Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default)
        => WriteAsync(
            () =>
            {
                using SnapshotStore? store = stores.TryOpenForWriting();
                store?.RemoveHold(snapshot.Volume.Id, snapshot.Id, owner);
                return true;
            },
            cancellationToken);

    // The usual case, that nobody else writes, is not a method that can be suspended: for such a one with a type parameter code is made at each start.
    private Task<T> WriteAsync<T>(Func<T> write, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested || !stores.Turn.Wait(0, CancellationToken.None))
        {
            return WaitAndWriteAsync(write, cancellationToken);
        }

        return Task.Run(() =>
        {
            try
            {
                return write();
            }
            finally
            {
                stores.Turn.Release();
            }
        });
    }

    private async Task<T> WaitAndWriteAsync<T>(Func<T> write, CancellationToken cancellationToken)
    {
        await stores.Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return await Task.Run(write, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            stores.Turn.Release();
        }
    }

    private void Rollback(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken)
    {
        using SnapshotStore? store = stores.TryOpenForWriting();
        SnapshotRecord record = RequireData(store, snapshot);
        VolumePlace place = volumes.Locate(snapshot.Volume);
        StoreOverlap.Refuse(place, store!.Directory);
        if (options.SafetySnapshotName is { } safety)
        {
            if (store.FindSnapshot(place.Id, safety) is not null)
            {
                // Creation would give that one back, and what the volume holds now would be in no snapshot.
                throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                    $"There is a snapshot '{safety}' of '{place.Location}' already, which does not hold what is there now; choose another name for the safety snapshot. Nothing was changed.")
                { Engine = TarRsyncEngineFactory.SchemeName, Operation = "roll back" };
            }

            var request = new CreateSnapshotRequest(snapshot.Volume, safety) { Progress = options.Progress };
            new SnapshotCreator(store!, stores.Time, observer, fileClock, choices).Create(place, request, cancellationToken);
        }

        cancellationToken.ThrowIfCancellationRequested();
        new Restorer(store!, record).Rollback(place, options.Progress);
        // What follows descends from this snapshot; the newer ones stay, on a branch of their own.
        store!.UpdateVolume(store.FindVolume(place.Id)! with { HeadSnapshotId = record.Id, LineageId = Hex.Of(Guid.NewGuid()) });
    }

    private static SnapshotRecord Require(SnapshotStore? store, SnapshotRef snapshot)
        => store?.FindById(snapshot.Volume.Id, snapshot.Id) ?? throw new SnapshotNotFoundException(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString());

    private static SnapshotRecord RequireData(SnapshotStore? store, SnapshotRef snapshot)
        => Require(store, snapshot) is { State: SnapshotState.Ready } record
            ? record
            : throw new SnapshotNotFoundException(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString());

    // It is there, and may be the base of others, so that it has to be seen; its name is in the record that cannot be read.
    private static SnapshotInfo Unreadable(VolumeRef volume, string id, StorageEngineException why)
        => new(new SnapshotRef(volume, id, null), DateTimeOffset.UnixEpoch, 0, SnapshotState.Failed, Consistency.Unknown) { Warnings = [why.Message] };

    private static VolumeRef Label(SnapshotStore store, VolumeRef volume)
        => store.FindVolume(volume.Id) is { } record ? VolumeLookup.Ref(record.Id, record.Location) : volume;
}
