using System.Runtime.CompilerServices;
using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Groups;
using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs;

/// <summary>The Btrfs engine, on this machine or another.</summary>
internal sealed class BtrfsStorageEngine : IStorageEngine
{
    private const EngineCapability Unprivileged = EngineCapability.Snapshot | EngineCapability.Clone | EngineCapability.Hold | EngineCapability.Allocated
        | EngineCapability.ReadSnapshot | EngineCapability.ReadTree;

    private const EngineCapability Privileged = Unprivileged | EngineCapability.RollbackInPlace | EngineCapability.Group | EngineCapability.Delta | EngineCapability.FileDiff
        | EngineCapability.PendingChanges | EngineCapability.ExportDiff | EngineCapability.ApplyDiff;

    // The parent is a clone source only where few snapshots exist, so that no more than a superset can be promised of every answer.
    private static readonly DeltaTraits Traits = new(
        BtrfsBlockMap.Grain, ExtentStyle.VariableLength, Exactness.Superset, ReportsZeroes: true, BaseDataMustExist: true, NeedsAdjacentSnapshots: false,
        SurvivesResize: true, SurvivesReboot: true);

    private readonly IBtrfsHost _host;
    private readonly VolumeLookup _volumes;
    private readonly IEngineFeature[] _features;

    /// <summary>Makes an engine. Does no I/O.</summary>
    /// <param name="host">Where it works.</param>
    /// <param name="snapshotRoot">Where snapshots are kept; null for the default places.</param>
    /// <param name="stream">Which stream is exported; null for the default. Default: null.</param>
    internal BtrfsStorageEngine(IBtrfsHost host, BytePath? snapshotRoot, StreamKind? stream = null)
    {
        _host = host;
        _volumes = new VolumeLookup(host, snapshotRoot);
        var catalog = new SnapshotCatalog(_volumes);
        var query = new ChangeQuery(catalog, _volumes);
        Changes = query;
        var snapshots = new BtrfsSnapshots(_volumes, catalog);
        _features =
        [
            snapshots, new BtrfsGroups(_volumes, catalog, snapshots), host.TreeReader(catalog), host.SnapshotReader(catalog), new BtrfsBlockMap(host, catalog, query), new BtrfsFileDiff(query), new BtrfsPendingChanges(_volumes, catalog, query, snapshots),
            new BtrfsDifferentials(host, _volumes, catalog, stream),
        ];
    }

    /// <summary>Makes an engine of this machine. Does no I/O.</summary>
    /// <param name="snapshotRoot">Where snapshots are kept; null for the default places.</param>
    /// <param name="stream">Which stream is exported; null for the default. Default: null.</param>
    internal BtrfsStorageEngine(BytePath? snapshotRoot, StreamKind? stream = null)
        : this(new LocalBtrfsHost(), snapshotRoot, stream)
    {
    }

    /// <summary>Compares snapshots.</summary>
    internal ChangeQuery Changes { get; }

    /// <inheritdoc/>
    public string Name => BtrfsEngineFactory.SchemeName;

    /// <inheritdoc/>
    /// <remarks>Implements: sysfs of btrfs(5), uname(2).</remarks>
    public async ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default)
    {
        HostFacts facts = await Offload.RunAsync(() => _host.Probe(cancellationToken), cancellationToken).ConfigureAwait(false);
        if (facts.Protocol == 0)
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.NotSupported, Recovery.OperatorAction, "This kernel has no Btrfs; load the module ('modprobe btrfs'), or use another engine.")
            { Engine = Name };
        }

        List<string> notes = [$"The kernel sends streams of version {facts.Protocol}.", facts.Mounts == 0 ? "No Btrfs is mounted." : $"{facts.Mounts} mounts of Btrfs can be seen."];
        if (!facts.IsPrivileged)
        {
            notes.Add(_host.IsLocal
                ? "Without CAP_SYS_ADMIN: snapshots and clones of own subvolumes only; no changed extents, no file differences, no roll back; snapshots by others are not listed; deleting needs the mount option user_subvol_rm_allowed."
                : "The login is not root, without which the program btrfs can do nothing of what is needed; log in as root.");
        }

        return new EngineProbe(facts.Version, notes);
    }

    /// <inheritdoc/>
    public async ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        EngineCapability flags = Privileged;
        if (volume is not null)
        {
            VolumePlace place = await Offload.RunAsync(() => _volumes.Locate(volume, cancellationToken), cancellationToken).ConfigureAwait(false);
            using SubvolumeTable? table = await Offload.RunAsync(() => _host.TryReadTable(place.Location, place.Key.FileSystem, cancellationToken), cancellationToken).ConfigureAwait(false);
            flags = table is null ? Unprivileged : Privileged;
            flags &= place.IsMountRoot ? ~(EngineCapability.RollbackInPlace | EngineCapability.ApplyDiff) : flags;
        }

        return new EngineCapabilities(flags, flags.HasFlag(EngineCapability.Delta) ? Traits : null, 0, flags.HasFlag(EngineCapability.Group) ? BtrfsGroups.MostMembers : 0);
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<VolumeInfo> volumes = await Offload.RunAsync(() => _volumes.All(cancellationToken).ToList(), cancellationToken).ConfigureAwait(false);
        foreach (VolumeInfo volume in volumes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return volume;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_GET_SUBVOL_INFO, BTRFS_IOC_FS_INFO, ioctl_btrfs(2).</remarks>
    public async ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => (await Offload.RunAsync(() => _volumes.Resolve(location, cancellationToken), cancellationToken).ConfigureAwait(false)).Info;

    /// <inheritdoc/>
    public T? Feature<T>()
        where T : class, IEngineFeature
        => _features.OfType<T>().FirstOrDefault();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IDisposable feature in _features.OfType<IDisposable>())
        {
            feature.Dispose();
        }

        await _host.DisposeAsync().ConfigureAwait(false);
    }
}
