using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs.Groups;

/// <summary>Snapshots of several subvolumes of one file system at one instant.</summary>
internal sealed class BtrfsGroups(VolumeLookup volumes, SnapshotCatalog catalog, BtrfsSnapshots snapshots) : IGroupSnapshots
{
    /// <summary>The most members: each has a thread of its own while it is cut.</summary>
    internal const int MostMembers = 64;

    private readonly SnapshotMaker _maker = new(volumes.Host, catalog);

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_START_SYNC, BTRFS_IOC_SNAP_CREATE_V2, ioctl_btrfs(2).</remarks>
    public Task<GroupSnapshotInfo> CreateAsync(IReadOnlyList<VolumeRef> members, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(members);
        SnapshotName.Require(name);
        if (members.Count is 0 or > MostMembers || members.Distinct().Count() != members.Count)
        {
            throw new ArgumentException($"A group has 1 to {MostMembers} members, and none twice; {members.Count} were given.", nameof(members));
        }

        return snapshots.WriteAsync("create a group with", members[0], () => Create(members, name, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<GroupSnapshotInfo> GetAsync(string groupId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        return Offload.RunAsync(() => Describe(groupId, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_SNAP_DESTROY_V2, ioctl_btrfs(2).</remarks>
    public Task DeleteAsync(string groupId, IReadOnlyList<SnapshotRef> expectedMembers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(expectedMembers);
        return snapshots.WriteAsync("delete the group", new VolumeRef(BtrfsEngineFactory.SchemeName, groupId), () => Delete(groupId, expectedMembers, cancellationToken), cancellationToken);
    }

    private GroupSnapshotInfo Create(IReadOnlyList<VolumeRef> members, string name, CancellationToken cancellationToken)
    {
        List<VolumePlace> places = [.. members.Select(member => volumes.Locate(member, cancellationToken)).OrderBy(place => place.Key.Id, StringComparer.Ordinal)];
        Guid fileSystem = places[0].Key.FileSystem;
        if (places.Find(place => place.Key.FileSystem != fileSystem) is { } elsewhere)
        {
            throw BtrfsErrors.NotSupported(
                EngineStatus.InvalidArgument, $"'{elsewhere.Location}' is on another file system than '{places[0].Location}'; a group is cut by one file system. Make one group for each.");
        }

        var key = GroupKey.Of(fileSystem, places.Select(place => place.Key), name);
        using (IBtrfsChange change = snapshots.BeginSwept(places, cancellationToken))
        {
            var maker = new GroupMaker(places, change, new SnapshotFile(name) { GroupId = key.Id });
            List<SnapshotEntry> there = maker.Existing(catalog, cancellationToken);
            if (there.Find(each => each.File?.GroupId != key.Id) is { } other)
            {
                throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                    $"There is a snapshot '{name}' at '{other.Path.Parent}' that is not of this group; choose another name.") { Engine = BtrfsEngineFactory.SchemeName, Operation = "create group" };
            }

            if (there.Count > 0 && there.Count < places.Count)
            {
                throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                    $"The group '{name}' is there, but {places.Count - there.Count} of its members are gone; delete the group '{key.Id}', or choose another name.")
                { Engine = BtrfsEngineFactory.SchemeName, Operation = "create group" };
            }

            if (there.Count == 0)
            {
                maker.Make(cancellationToken);
            }
        }

        return Describe(key.Id, cancellationToken);
    }

    private GroupSnapshotInfo Describe(string groupId, CancellationToken cancellationToken)
    {
        if (!GroupKey.TryParse(groupId, out GroupKey key) || catalog.Group(key.FileSystem, groupId, cancellationToken) is not { Snapshots.Count: > 0 } found)
        {
            throw new SnapshotNotFoundException(groupId, "group") { Engine = BtrfsEngineFactory.SchemeName };
        }

        return new GroupSnapshotInfo(groupId, found.Snapshots[0].Name, found.Infos, Consistency.Crash, found.Snapshots.Count == key.Count);
    }

    private bool Delete(string groupId, IReadOnlyList<SnapshotRef> expected, CancellationToken cancellationToken)
    {
        if (!GroupKey.TryParse(groupId, out GroupKey key) || catalog.Group(key.FileSystem, groupId, cancellationToken) is not { } found)
        {
            return false;
        }

        if (found.Infos.FirstOrDefault(info => !expected.Contains(info.Ref)) is { } unexpected)
        {
            throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest,
                $"The group has the member {unexpected.Ref}, which is not among the {expected.Count} that are expected; ask for the group again. Nothing was deleted.")
            { Engine = BtrfsEngineFactory.SchemeName, Operation = "delete group" };
        }

        if (found.Snapshots.FirstOrDefault(each => each.File is { Holds.Count: > 0 }) is { } held)
        {
            throw new SnapshotInUseException(
                EngineReason.HeldByOther, $"The member '{held.Path.Parent}' is held by {string.Join(", ", held.File!.Holds)}; release it first. Nothing was deleted.", held.File.Holds)
            { Engine = BtrfsEngineFactory.SchemeName, Operation = "delete group" };
        }

        foreach (SnapshotEntry each in found.Snapshots)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _maker.Delete(each, cancellationToken);
        }

        return true;
    }
}
