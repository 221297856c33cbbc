using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Pending;
using StorageEngines.TarRsync.Reading;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Remote;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync;

/// <summary>The fallback engine: any directory, image file or block device, with snapshots in a store of its own.</summary>
internal sealed class TarRsyncStorageEngine : IStorageEngine
{
    private readonly StoreAccessor _stores;
    private readonly IVolumes _volumes;
    private readonly RsyncHost? _remote;
    private readonly StoreView _view;
    private readonly ReflinkMode _reflink;
    private readonly IEngineFeature[] _features;

    /// <summary>Makes an engine. Does no I/O.</summary>
    /// <param name="store">The store's directory.</param>
    /// <param name="time">The clock.</param>
    /// <param name="observer">Sees what is read of volumes; for tests. Default: nobody.</param>
    /// <param name="fileClock">The clock that files are stamped with; for tests. Default: the system's.</param>
    /// <param name="reflink">Whether image files and large files of trees are cloned.</param>
    /// <param name="chunking">How the files of trees are cut. Default: as fits each.</param>
    /// <param name="remote">The machine that the volumes are on. Default: this one.</param>
    /// <param name="walk">How a tree's statuses are had. Default: as is quickest.</param>
    /// <param name="bulkUnsettledSeconds">See <see cref="BulkChoice.UnsettledSeconds"/>; for tests. Default: that.</param>
    /// <param name="cloneFrom">Files of trees whose data takes so many bytes are large. Default: 16 MiB.</param>
    internal TarRsyncStorageEngine(
        string store, TimeProvider time, IVolumeReadMeter? observer = null, Func<PosixTime>? fileClock = null,
        ReflinkMode reflink = ReflinkMode.Auto, FileChunking chunking = FileChunking.Auto, RsyncHost? remote = null,
        WalkMode walk = WalkMode.Auto, int? bulkUnsettledSeconds = null, long cloneFrom = CaptureChoices.UsualCloneFrom)
    {
        _reflink = remote is null ? reflink : ReflinkMode.Never;
        _remote = remote;
        _stores = new StoreAccessor(store, time);
        var program = remote is null ? null : new RsyncProgram(remote);
        var pulled = program is null ? null : new RemoteVolumes(_stores, program);
        _volumes = pulled is null ? new VolumeLookup(_stores) : pulled;
        _view = new StoreView(TarRsyncEngineFactory.SchemeName, _stores.TryOpenForReading);
        var snapshots = new TarRsyncSnapshots(_stores, _volumes, observer, fileClock ?? (() => FileClock.Now), new CaptureChoices(chunking, _reflink, walk, bulkUnsettledSeconds, cloneFrom));
        _features =
        [
            pulled is null ? snapshots : new RemoteSnapshots(_stores, pulled, program!, snapshots),
            new StoreBlockMap(_view),
            new StoreContentMatches(_view),
            new StoreFileDiff(_view),
            new StoreSnapshotReader(_view),
            new StoreTreeReader(_view),
            new TarRsyncMaintenance(_stores),
            .. remote is null ? [new PendingChanges(_stores, _volumes)] : Array.Empty<IEngineFeature>(),
        ];
    }

    /// <inheritdoc/>
    public string Name => TarRsyncEngineFactory.SchemeName;

    /// <inheritdoc/>
    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        string version = typeof(TarRsyncStorageEngine).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
        List<string> notes = [];
        using (SnapshotStore? store = _stores.TryOpenForReading())
        {
            notes.Add(store is null
                ? $"There is no store in '{_stores.Directory}' yet; the first snapshot makes it."
                : $"The store is in '{_stores.Directory}'.");
        }

        if (_remote is not null)
        {
            notes.Add($"Volumes are on {_remote.Name}; rsync pulls them to '{Staging.Folder(_stores.Directory)}', which takes as much room as they do. Nothing is written there.");
        }

        if (!Environment.IsPrivilegedProcess)
        {
            notes.Add("Not run as root: files of other users may be unreadable, and owners, devices and trusted attributes cannot be restored.");
        }

        return new(new EngineProbe(version, notes));
    }

    /// <inheritdoc/>
    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        VolumePlace? place = volume is null ? null : _volumes.Locate(volume);
        bool isTree = place is not { Kind: VolumeKind.Block };
        bool clones = place is not null && MayHaveClones(place);
        // Of no volume in particular all abilities are told, and the granularity of images and devices.
        bool isOneTree = place is { Kind: VolumeKind.Tree };
        EngineCapability flags = EngineCapability.Snapshot | EngineCapability.Hold
            | EngineCapability.Allocated | EngineCapability.Delta | EngineCapability.ReadSnapshot | EngineCapability.DeleteDataOnly;
        flags &= clones ? ~EngineCapability.DeleteDataOnly : flags;
        flags |= _remote is null ? EngineCapability.Clone | EngineCapability.RollbackInPlace | EngineCapability.PendingChanges : EngineCapability.None;
        flags |= isTree ? EngineCapability.FileDiff | EngineCapability.ReadTree : EngineCapability.None;
        var delta = new DeltaTraits(
            isOneTree ? 1 : clones ? CloneSupport.GrainBytes(place!) : StoreFormat.BlockSize, // chunks by content begin anywhere
            ExtentStyle.VariableLength,
            isOneTree || clones ? Exactness.Superset : Exactness.Exact,
            ReportsZeroes: true,
            BaseDataMustExist: clones,
            NeedsAdjacentSnapshots: false,
            SurvivesResize: true,
            SurvivesReboot: true);
        return new(new EngineCapabilities(flags, delta));
    }

    private bool MayHaveClones(VolumePlace place)
    {
        if (place.Kind != VolumeKind.Block || CloneSupport.MayClone(_reflink, place, _stores.Directory))
            return place.Kind == VolumeKind.Block;
        using SnapshotStore? store = _stores.TryOpenForReading();
        return store?.ReadableSnapshots(place.Id).Any(snapshot => snapshot.Clones > 0) ?? false;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        foreach (VolumeInfo volume in _volumes.All())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return volume;
        }
    }

    /// <inheritdoc/>
    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return _volumes.ResolveAsync(location, cancellationToken);
    }

    /// <inheritdoc/>
    public T? Feature<T>()
        where T : class, IEngineFeature
        => _features.OfType<T>().FirstOrDefault();

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        foreach (IDisposable feature in _features.OfType<IDisposable>())
        {
            feature.Dispose();
        }

        _view.Dispose();
        _stores.Dispose();
        return ValueTask.CompletedTask;
    }
}
