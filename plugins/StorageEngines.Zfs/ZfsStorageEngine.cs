using System.Runtime.CompilerServices;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Blocks;
using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Differences;
using StorageEngines.Zfs.Groups;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Transfer;
using StorageEngines.Zfs.Trees;

namespace StorageEngines.Zfs;

/// <summary>The ZFS engine, on this machine or another.</summary>
internal sealed class ZfsStorageEngine : IStorageEngine
{
    // What a volume's blocks are when nothing else is said: the granularity of the engine at its best.
    private const int SmallestBlock = 512;

    private readonly ZfsHost _host;
    private readonly DatasetCatalog _datasets;
    private readonly IEngineFeature[] _features;

    /// <summary>Makes an engine. Does no I/O.</summary>
    /// <param name="host">Where it works; disposed with the engine.</param>
    /// <param name="stream">Which stream is exported; null to choose by the volume. Default: null.</param>
    /// <param name="keepsPartial">Whether what came of a stream that is cut while it is applied is kept, to go on later. Default: false.</param>
    internal ZfsStorageEngine(ZfsHost host, StreamKind? stream = null, bool keepsPartial = false)
    {
        _host = host;
        _datasets = new DatasetCatalog(host);
        Catalog = new SnapshotCatalog(_datasets);
        var snapshots = new ZfsSnapshots(Catalog);
        var roots = new SnapshotRoots(host);
        var files = new FileBlocks(host, roots);
        _features =
        [
            snapshots,
            new ZfsGroups(Catalog),
            new ZfsBlockMap(host, Catalog, files),
            new ZfsChangedData(host, Catalog),
            new ZfsSnapshotReader(host, Catalog, files),
            new ZfsDifferentials(host, Catalog, snapshots, stream, keepsPartial),
            new ZfsTreeReader(Catalog, roots),
            new ZfsFileDiff(host, Catalog, roots),
        ];
    }

    /// <summary>Finds snapshots.</summary>
    internal SnapshotCatalog Catalog { get; }

    /// <inheritdoc/>
    public string Name => ZfsEngineFactory.SchemeName;

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs version</c>, zfs-version(8); <c>zpool list</c>, zpool-list(8).</remarks>
    public async ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default)
    {
        Script script = new Script().Text(
            "command -v zfs >/dev/null || exit 127; v=$(zfs version) || exit 1; p=$(zpool list -H -o name) || exit 1; "
            + "printf '%s\\0%s\\0%s\\0' \"$v\" \"$(id -u)\" \"$p\"; if command -v zstream >/dev/null; then printf '1\\0'; else printf '0\\0'; fi");
        byte[] answer = await _host.AskAsync("use OpenZFS of", _host.Runner.Host, script, cancellationToken).ConfigureAwait(false);
        return ReadProbe(answer);
    }

    /// <inheritdoc/>
    public async ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (volume is null)
        {
            return ZfsCapabilities.Of(null, SmallestBlock);
        }

        Dataset dataset = await _datasets.RequireAsync(volume, cancellationToken).ConfigureAwait(false);
        return ZfsCapabilities.Of(dataset.Kind, dataset.BlockBytes);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs list</c>, zfs-list(8).</remarks>
    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (Dataset dataset in await _datasets.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return dataset.Info;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs list</c>, zfs-list(8); for a device find(1) in /dev/zvol.</remarks>
    public async ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => (await _datasets.ResolveAsync(location, cancellationToken).ConfigureAwait(false)).Info;

    /// <inheritdoc/>
    public T? Feature<T>()
        where T : class, IEngineFeature
        => _features.OfType<T>().FirstOrDefault();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _host.DisposeAsync();

    /// <summary>Reads what the script of <see cref="ProbeAsync"/> wrote.</summary>
    internal static EngineProbe ReadProbe(byte[] answer)
    {
        var fields = new Fields(answer, "the version of OpenZFS", ZfsEngineFactory.SchemeName);
        string[] versions = fields.Text().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        bool isRoot = fields.Text() == "0";
        string[] pools = fields.Text().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        bool hasZstream = fields.Flag();
        if (versions.Length == 0)
        {
            throw fields.Damaged("'zfs version' says nothing");
        }

        List<string> notes = [pools.Length == 0 ? "No pool is imported." : $"Pools: {string.Join(", ", pools)}."];
        notes.AddRange(versions.Skip(1).Select(version => $"The kernel module is {version}."));
        if (!hasZstream)
        {
            notes.Add("The program 'zstream' is not there: maps of changes bring the changed data over the wire.");
        }

        if (!isRoot)
        {
            notes.Add("The login is not root: what 'zfs allow' delegates can be done, and nothing that mounts (roll back of a mounted file system, clones of file systems stay unmounted); see docs/engines/zfs.md.");
        }

        return new EngineProbe(versions[0], notes);
    }
}
