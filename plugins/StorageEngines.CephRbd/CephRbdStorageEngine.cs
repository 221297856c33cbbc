using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Groups;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;
using StorageEngines.CephRbd.Reading;
using StorageEngines.CephRbd.Snapshots;
using StorageEngines.CephRbd.Transfer;

namespace StorageEngines.CephRbd;

/// <summary>The Ceph RBD engine, through librbd or by the program <c>rbd</c>.</summary>
internal sealed class CephRbdStorageEngine : IStorageEngine
{
    private const EngineCapability Flags = EngineCapability.Snapshot | EngineCapability.Clone | EngineCapability.RollbackInPlace | EngineCapability.Hold | EngineCapability.Group
        | EngineCapability.Allocated | EngineCapability.Delta | EngineCapability.ReadSnapshot | EngineCapability.ExportDiff | EngineCapability.ApplyDiff;

    private const long UsualObjectBytes = 4 << 20;

    private readonly IRbdHost _host;
    private readonly ImageCatalog _catalog;
    private readonly IEngineFeature[] _features;
    private readonly DiffMode _mode;

    /// <summary>Makes an engine. Does no I/O.</summary>
    /// <param name="host">The cluster; disposed with the engine.</param>
    /// <param name="mode">How changes are looked for.</param>
    internal CephRbdStorageEngine(IRbdHost host, DiffMode mode)
    {
        _host = host;
        _mode = mode;
        _catalog = new ImageCatalog(host);
        var differences = new ImageDifferences(_catalog, mode);
        _features =
        [
            new CephRbdSnapshots(_catalog), new CephRbdGroups(_catalog), new CephRbdBlockMap(_catalog, differences), new CephRbdSnapshotReader(_catalog), new CephRbdDifferentials(_catalog, differences),
        ];
    }

    /// <inheritdoc/>
    public string Name => CephRbdEngineFactory.SchemeName;

    /// <inheritdoc/>
    /// <remarks>Implements: rados_connect, rados_stat, rbd_version; <c>rbd --version</c>.</remarks>
    public async ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default)
    {
        HostFacts facts = await _host.ProbeAsync(cancellationToken).ConfigureAwait(false);
        return new EngineProbe(facts.Version, facts.Notes);
    }

    /// <inheritdoc/>
    public async ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long objectBytes = UsualObjectBytes;
        if (volume is not null)
        {
            await using IOpenImage open = await _catalog.OpenAsync(volume, cancellationToken).ConfigureAwait(false);
            objectBytes = open.State.Image.ObjectBytes;
        }

        return new EngineCapabilities(
            Flags,
            new DeltaTraits(
                _mode == DiffMode.WholeObject ? objectBytes : CephRbdBlockMap.ExactGranularity, ExtentStyle.VariableLength, Exactness.Superset, ReportsZeroes: false, BaseDataMustExist: true, NeedsAdjacentSnapshots: false,
                SurvivesResize: true, SurvivesReboot: true),
            MaxGroupSize: CephRbdGroups.MostMembers);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rados_pool_list, rbd_namespace_list, rbd_list2; <c>rbd ls</c>, rbd(8).</remarks>
    public IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default)
        => _catalog.LookAtAllAsync(null, (open, _) => Task.FromResult(open.State.Image.Info), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rados_pool_list, rbd_namespace_list, rbd_list2; <c>rbd ls</c>, rbd(8). Images elsewhere are not opened.</remarks>
    public IAsyncEnumerable<VolumeInfo> ListVolumesWithinAsync(BytePath place, CancellationToken cancellationToken = default)
        => _catalog.LookAtAllAsync(place, (open, _) => Task.FromResult(open.State.Image.Info), cancellationToken);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_open_read_only, rbd_get_id; <c>rbd info</c>, rbd(8).</remarks>
    public async ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => (await _catalog.ResolveAsync(location, cancellationToken).ConfigureAwait(false)).Info;

    /// <inheritdoc/>
    public T? Feature<T>()
        where T : class, IEngineFeature
        => _features.OfType<T>().FirstOrDefault();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
