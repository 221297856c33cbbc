using System.Runtime.CompilerServices;
using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Groups;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs;

/// <summary>The Btrfs engine on this machine, by ioctls.</summary>
internal sealed class BtrfsStorageEngine : IStorageEngine
{
    private const EngineCapability Unprivileged = EngineCapability.Snapshot | EngineCapability.Clone | EngineCapability.Hold | EngineCapability.Allocated
        | EngineCapability.ReadSnapshot | EngineCapability.ReadTree;

    private const EngineCapability Privileged = Unprivileged | EngineCapability.RollbackInPlace | EngineCapability.Group | EngineCapability.Delta | EngineCapability.FileDiff
        | EngineCapability.ExportDiff | EngineCapability.ApplyDiff;

    // The parent is a clone source only where few snapshots exist, so that no more than a superset can be promised of every answer.
    private static readonly DeltaTraits Traits = new(
        BtrfsBlockMap.Grain, ExtentStyle.VariableLength, Exactness.Superset, ReportsZeroes: true, BaseDataMustExist: true, NeedsAdjacentSnapshots: false,
        SurvivesResize: true, SurvivesReboot: true);

    private readonly VolumeLookup _volumes;
    private readonly IEngineFeature[] _features;

    /// <summary>Makes an engine. Does no I/O.</summary>
    /// <param name="snapshotRoot">Where snapshots are kept; null for the default places.</param>
    /// <param name="stream">Which stream is exported; null for the default. Default: null.</param>
    internal BtrfsStorageEngine(BytePath? snapshotRoot, StreamKind? stream = null)
    {
        _volumes = new VolumeLookup(snapshotRoot);
        var catalog = new SnapshotCatalog(_volumes);
        var view = new SnapshotView(catalog);
        var query = new ChangeQuery(catalog, _volumes);
        var snapshots = new BtrfsSnapshots(_volumes, catalog);
        _features =
        [
            snapshots, new BtrfsGroups(_volumes, catalog, snapshots), new BtrfsTreeReader(view), new BtrfsSnapshotReader(view), new BtrfsBlockMap(view, query), new BtrfsFileDiff(query),
            new BtrfsDifferentials(_volumes, catalog, stream),
        ];
    }

    /// <inheritdoc/>
    public string Name => BtrfsEngineFactory.SchemeName;

    /// <inheritdoc/>
    /// <remarks>Implements: sysfs of btrfs(5), uname(2).</remarks>
    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        uint protocol = SendSupport.Version;
        if (protocol == 0)
        {
            throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.NotSupported, Recovery.OperatorAction, "This kernel has no Btrfs; load the module ('modprobe btrfs'), or use another engine.")
            { Engine = Name };
        }

        int mounts = MountTable.Read().Count;
        List<string> notes = [$"The kernel sends streams of version {protocol}.", mounts == 0 ? "No Btrfs is mounted." : $"{mounts} mounts of Btrfs can be seen."];
        if (!Environment.IsPrivilegedProcess)
        {
            notes.Add("Without CAP_SYS_ADMIN: snapshots and clones of own subvolumes only; no changed extents, no file differences, no roll back; snapshots by others are not listed; deleting needs the mount option user_subvol_rm_allowed.");
        }

        return new(new EngineProbe($"Linux {Environment.OSVersion.Version}", notes));
    }

    /// <inheritdoc/>
    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        EngineCapability flags = Privileged;
        if (volume is not null)
        {
            VolumePlace place = _volumes.Locate(volume);
            using DirectoryHandle directory = DirectoryHandle.Open(place.Location.Span);
            flags = VolumeLookup.TryReadTable(directory) is null ? Unprivileged : Privileged;
            flags &= FileStatus.Get(directory).IsMountRoot ? ~(EngineCapability.RollbackInPlace | EngineCapability.ApplyDiff) : flags;
        }

        return new(new EngineCapabilities(flags, flags.HasFlag(EngineCapability.Delta) ? Traits : null, 0, flags.HasFlag(EngineCapability.Group) ? BtrfsGroups.MostMembers : 0));
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        List<VolumeInfo> volumes = await Task.Run(() => _volumes.All(cancellationToken).ToList(), cancellationToken).ConfigureAwait(false);
        foreach (VolumeInfo volume in volumes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return volume;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_GET_SUBVOL_INFO, BTRFS_IOC_FS_INFO, ioctl_btrfs(2).</remarks>
    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(_volumes.Resolve(location).Info);
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

        return ValueTask.CompletedTask;
    }
}
