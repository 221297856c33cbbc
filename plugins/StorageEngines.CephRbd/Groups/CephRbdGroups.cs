using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Groups;

/// <summary>
/// Snapshots of several images at one instant, by RBD's own groups, which hold all writers while they cut. If the images are the whole of a group, that is used; if they are in none, one is made of them, which
/// goes with its last snapshot.
/// </summary>
internal sealed class CephRbdGroups(ImageCatalog catalog) : IGroupSnapshots
{
    /// <summary>The most members.</summary>
    internal const int MostMembers = 256;

    private const string OwnPrefix = "seng-";
    private const string Creation = "create group";
    private const string Deletion = "delete group";

    private readonly MemberWitnesses _witnesses = new(catalog);

    private IImageGroups Groups => catalog.Host.Groups;

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_group_create, rbd_group_image_add, rbd_group_snap_create; <c>rbd group</c>, rbd(8).</remarks>
    public async Task<GroupSnapshotInfo> CreateAsync(IReadOnlyList<VolumeRef> volumes, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        SnapshotName.Require(name);
        if (volumes.Count is 0 or > MostMembers || volumes.Distinct().Count() != volumes.Count)
        {
            throw new ArgumentException($"A group has 1 to {MostMembers} members, and none twice; {volumes.Count} were given.", nameof(volumes));
        }

        (List<ImageState> before, GroupPlace? found) = await FindAsync(volumes, cancellationToken).ConfigureAwait(false);
        List<RbdImage> members = [.. before.Select(each => each.Image)];
        GroupPlace group = found ?? OwnGroup(members);
        GroupMembers? there = await Groups.ReadAsync(group, cancellationToken).ConfigureAwait(false);
        RequireSame(members, there, group, isUsed: found is not null);
        List<SnapshotInfo> snapshots = there?.Snapshots.Contains(name) == true
            ? await MembersAsync(members, group, name, cancellationToken).ConfigureAwait(false) : await MakeAsync(before, group, there, name, cancellationToken).ConfigureAwait(false);
        return snapshots.Count == members.Count ? Info(snapshots, members.Count)
            : throw CephRbdErrors.NameTaken($"The group '{group.Name}' has a snapshot '{name}' already, of which {members.Count - snapshots.Count} members are missing; delete it, or choose another name.");
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_group_image_list, rbd_snap_list; <c>rbd group</c>, rbd(8).</remarks>
    public async Task<GroupSnapshotInfo> GetAsync(string groupId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        (List<SnapshotInfo> snapshots, int expected) = await LookAsync(groupId, cancellationToken).ConfigureAwait(false);
        return snapshots.Count > 0 ? Info(snapshots, expected) : throw new SnapshotNotFoundException(groupId, "group") { Engine = CephRbdEngineFactory.SchemeName };
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_group_snap_remove, rbd_group_remove; <c>rbd group</c>, rbd(8).</remarks>
    public async Task DeleteAsync(string groupId, IReadOnlyList<SnapshotRef> expectedMembers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        ArgumentNullException.ThrowIfNull(expectedMembers);
        (List<SnapshotInfo> found, _) = await LookAsync(groupId, cancellationToken).ConfigureAwait(false);
        if (found.Find(info => !expectedMembers.Contains(info.Ref)) is { } unexpected)
        {
            throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest,
                $"The group has the member {unexpected.Ref}, which is not among the {expectedMembers.Count} that are expected; ask for the group again. Nothing was deleted.")
            { Engine = CephRbdEngineFactory.SchemeName, Operation = Deletion };
        }

        if (found.Find(info => info.Holds.Count > 0) is { } held)
        {
            throw new SnapshotInUseException(EngineReason.HeldByOther, $"The member {held.Ref} is held by {string.Join(", ", held.Holds)}; release it first. Nothing was deleted.", held.Holds)
            { Engine = CephRbdEngineFactory.SchemeName, Operation = Deletion };
        }

        if (found.Count == 0 || !GroupId.TryParse(groupId, out GroupId? id))
        {
            return;
        }

        await Groups.RemoveSnapshotAsync(id.Group, id.Snapshot, cancellationToken).ConfigureAwait(false);
        await _witnesses.ForgetAsync(found).ConfigureAwait(false);
        await TidyAsync(id.Group, CancellationToken.None).ConfigureAwait(false);
    }

    private static GroupSnapshotInfo Info(List<SnapshotInfo> members, int expected)
        => new(members[0].GroupId!, members[0].Ref.Name!, members, Consistency.Crash, members.Count == expected);

    // The same images make the same group.
    private static GroupPlace OwnGroup(List<RbdImage> members)
    {
        string all = string.Join('\n', members.Select(each => each.Key.ToString()).Order(StringComparer.Ordinal));
        string hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(all)))[..20];
        return new GroupPlace(members[0].Key.Pool, members[0].Key.Namespace, string.Create(CultureInfo.InvariantCulture, $"{OwnPrefix}{members.Count}-{hash}"));
    }

    private static void RequireSame(List<RbdImage> members, GroupMembers? there, GroupPlace group, bool isUsed)
    {
        if (!isUsed)
        {
            return;
        }

        IEnumerable<(long, string)> own = members.Select(each => (each.Key.Pool, each.Path.Image));
        List<(long Pool, string Name)> others = [.. there?.Images.Except(own) ?? []];
        if (others.Count > 0)
        {
            throw Inconsistent($"'{members[0].Path}' is in the RBD group '{group.Name}' together with {string.Join(", ", others.Select(each => $"'{each.Name}'"))}, and an image can be in one group only; ask for all images of that group, or take the image out of it ('rbd group image rm')");
        }
    }

    private static StorageEngineException Inconsistent(string why)
        => new(EngineStatus.FailedPrecondition, EngineReason.GroupNotConsistent, Recovery.FixRequest, $"{why}. Nothing was made.") { Engine = CephRbdEngineFactory.SchemeName, Operation = Creation };

    private async Task<(List<ImageState> Members, GroupPlace? Group)> FindAsync(IReadOnlyList<VolumeRef> volumes, CancellationToken cancellationToken)
    {
        List<(ImageState State, GroupPlace? Group)> found = [];
        foreach (VolumeRef volume in volumes)
        {
            await using IOpenImage open = await catalog.OpenAsync(volume, cancellationToken).ConfigureAwait(false);
            found.Add((open.State, await open.FindGroupAsync(cancellationToken).ConfigureAwait(false)));
        }

        RbdImage first = found[0].State.Image;
        if (found.Find(each => each.State.Image.Key.Namespace != first.Key.Namespace) is { State.Image: { } elsewhere })
        {
            throw Inconsistent($"'{elsewhere.Path}' is in another namespace than '{first.Path}', and an RBD group is in one; make one group for each, with the application at rest around them");
        }

        if (found.Find(each => each.Group != found[0].Group) is { State.Image: { } other } differing)
        {
            throw Inconsistent($"'{first.Path}' is in {Say(found[0].Group)}, and '{other.Path}' in {Say(differing.Group)}, and an image can be in one group only; put them into one group, or take them out ('rbd group image rm')");
        }

        return ([.. found.Select(each => each.State)], found[0].Group);

        static string Say(GroupPlace? group) => group is null ? "no RBD group" : $"the RBD group '{group.Name}'";
    }

    private async Task<List<SnapshotInfo>> MakeAsync(List<ImageState> before, GroupPlace group, GroupMembers? there, string name, CancellationToken cancellationToken)
    {
        List<RbdImage> members = [.. before.Select(each => each.Image)];
        List<SnapshotInfo> made = [];
        bool isOwn = group.Name.StartsWith(OwnPrefix, StringComparison.Ordinal);
        try
        {
            if (there is null)
            {
                await Groups.CreateAsync(group, cancellationToken).ConfigureAwait(false);
            }

            foreach (RbdImage member in members.Where(each => there?.Images.Contains((each.Key.Pool, each.Path.Image)) != true))
            {
                await Groups.AddImageAsync(group, member, cancellationToken).ConfigureAwait(false);
            }

            await Groups.CreateSnapshotAsync(group, name, cancellationToken).ConfigureAwait(false);
            made = await MembersAsync(members, group, name, CancellationToken.None).ConfigureAwait(false);
            await _witnesses.NoteAsync(before, made).ConfigureAwait(false);
            return made;
        }
        catch (Exception e) when (e is not StorageEngineException { Reason: EngineReason.NameTaken })
        {
            await Groups.RemoveSnapshotAsync(group, name, CancellationToken.None).ConfigureAwait(false);
            await _witnesses.ForgetAsync(made).ConfigureAwait(false);
            if (isOwn)
            {
                await TidyAsync(group, CancellationToken.None).ConfigureAwait(false);
            }

            throw;
        }
    }

    // A group of ours without snapshots is of no use, and would keep its images from being removed.
    private async Task TidyAsync(GroupPlace group, CancellationToken cancellationToken)
    {
        if (group.Name.StartsWith(OwnPrefix, StringComparison.Ordinal) && await Groups.ReadAsync(group, cancellationToken).ConfigureAwait(false) is { Snapshots.Count: 0 })
        {
            await Groups.RemoveAsync(group, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<(List<SnapshotInfo> Snapshots, int Expected)> LookAsync(string groupId, CancellationToken cancellationToken)
    {
        if (!GroupId.TryParse(groupId, out GroupId? id) || await Groups.ReadAsync(id.Group, cancellationToken).ConfigureAwait(false) is not { } group)
        {
            return ([], 0);
        }

        var images = new List<RbdImage>();
        IReadOnlyList<ImagePlace> places = await catalog.Host.ListAsync(cancellationToken).ConfigureAwait(false);
        foreach (ImagePlace place in places.Where(each => each.Key.Namespace == id.Group.Namespace && group.Images.Contains((each.Key.Pool, each.Path.Image))))
        {
            await using IOpenImage? open = await catalog.Host.OpenAsync(place.Key, cancellationToken).ConfigureAwait(false);
            if (open is not null)
            {
                images.Add(open.State.Image);
            }
        }

        List<SnapshotInfo> snapshots = [.. (await MembersAsync(images, id.Group, id.Snapshot, cancellationToken).ConfigureAwait(false)).Where(each => each.GroupId == groupId)];
        return (snapshots, group.Images.Count);
    }

    private async Task<List<SnapshotInfo>> MembersAsync(List<RbdImage> images, GroupPlace group, string name, CancellationToken cancellationToken)
    {
        List<SnapshotInfo> snapshots = [];
        foreach (RbdImage image in images)
        {
            await using IOpenImage? open = await catalog.Host.OpenAsync(image.Key, cancellationToken).ConfigureAwait(false);
            if (open?.State.Snapshots.FirstOrDefault(each => each.Group == new GroupSnapshotName(group.Pool, group.Name, name)) is { } member)
            {
                snapshots.Add(catalog.Describe(open.State, member, await open.ReadNotesAsync(cancellationToken).ConfigureAwait(false)));
            }
        }

        return snapshots;
    }
}
