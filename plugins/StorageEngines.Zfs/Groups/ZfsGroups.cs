using System.Globalization;
using System.Text;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Groups;

/// <summary>Snapshots of several datasets and zvols of one pool, cut in one transaction group: all at one instant, or none.</summary>
internal sealed class ZfsGroups(SnapshotCatalog catalog) : IGroupSnapshots
{
    /// <summary>The most members: so many are noted in one property, and fit in one command.</summary>
    internal const int MostMembers = 256;

    private const string Creation = "create group";
    private const string Deletion = "delete group";

    private DatasetCatalog Datasets => catalog.Datasets;

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs snapshot</c> with all members, zfs-snapshot(8).</remarks>
    public async Task<GroupSnapshotInfo> CreateAsync(IReadOnlyList<VolumeRef> volumes, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        SnapshotName.Require(name);
        if (volumes.Count is 0 or > MostMembers || volumes.Distinct().Count() != volumes.Count)
        {
            throw new ArgumentException($"A group has 1 to {MostMembers} members, and none twice; {volumes.Count} were given.", nameof(volumes));
        }

        List<Dataset> members = await FindAsync(volumes, cancellationToken).ConfigureAwait(false);
        var note = GroupNote.Of(members[0].Pool, members.Select(each => each.Guid), name);
        string subject = $"{members[0].Name}@{name}";
        ShellReply reply = await Datasets.Host.TryChangeAsync(Creation, subject, Make(members, name, note), cancellationToken).ConfigureAwait(false);
        if (reply.Exit == ZfsShellFunctions.OtherIdentity)
        {
            throw new StorageEngineException(EngineStatus.Aborted, EngineReason.None, Recovery.Retry, $"Members of the group '{name}' were renamed or replaced at the same time; nothing was made. Try again.")
            { Engine = ZfsEngineFactory.SchemeName, Operation = Creation };
        }

        byte[] answer = Datasets.Host.Check(Creation, subject, reply).Output;
        return Whole(note, name, SnapshotListing.ParseMany(members, answer));
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs list</c>, zfs-list(8).</remarks>
    public async Task<GroupSnapshotInfo> GetAsync(string groupId, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        List<SnapshotInfo> found = await MembersAsync(groupId, cancellationToken).ConfigureAwait(false);
        return found.Count > 0 ? Describe(groupId, found) : throw new SnapshotNotFoundException(groupId, "group") { Engine = ZfsEngineFactory.SchemeName };
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs destroy</c>, zfs-destroy(8).</remarks>
    public async Task DeleteAsync(string groupId, IReadOnlyList<SnapshotRef> expectedMembers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(groupId);
        ArgumentNullException.ThrowIfNull(expectedMembers);
        List<SnapshotInfo> found = await MembersAsync(groupId, cancellationToken).ConfigureAwait(false);
        if (found.Find(info => !expectedMembers.Contains(info.Ref)) is { } unexpected)
        {
            throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest,
                $"The group has the member {unexpected.Ref}, which is not among the {expectedMembers.Count} that are expected; ask for the group again. Nothing was deleted.")
            { Engine = ZfsEngineFactory.SchemeName, Operation = Deletion };
        }

        if (found.Find(info => info.Holds.Count > 0) is { } held)
        {
            throw new SnapshotInUseException(EngineReason.HeldByOther, $"The member {held.Ref} is held by {string.Join(", ", held.Holds)}; release it first. Nothing was deleted.", held.Holds)
            { Engine = ZfsEngineFactory.SchemeName, Operation = Deletion };
        }

        if (found.Count == 0)
        {
            return;
        }

        cancellationToken.ThrowIfCancellationRequested();
        ShellReply reply = await Datasets.Host.TryChangeAsync(Deletion, groupId, Destroy(found), cancellationToken).ConfigureAwait(false);
        if (reply.Exit != 0)
        {
            await DestroyEachAsync(found, cancellationToken).ConfigureAwait(false);
        }
    }

    // What could not be destroyed with the others, because it was renamed or is in use, is deleted or named on its own.
    private async Task DestroyEachAsync(List<SnapshotInfo> members, CancellationToken cancellationToken)
    {
        var deletion = new ZfsDeletion(catalog);
        foreach (SnapshotInfo member in members)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await deletion.DeleteAsync(member.Ref, DeleteMode.Everything, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<List<Dataset>> FindAsync(IReadOnlyList<VolumeRef> volumes, CancellationToken cancellationToken)
    {
        // One command for all, whatever their names are now.
        Dictionary<ulong, Dataset> all = (await Datasets.ListAsync(cancellationToken).ConfigureAwait(false)).ToDictionary(each => each.Guid);
        List<Dataset> members = [];
        foreach (VolumeRef volume in volumes)
        {
            members.Add(all.TryGetValue(DatasetCatalog.GuidOf(volume), out Dataset? found) ? found : await Datasets.RequireAsync(volume, cancellationToken).ConfigureAwait(false));
        }

        return members.Find(each => each.Pool != members[0].Pool) is not { } elsewhere ? members
            : throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.GroupNotConsistent, Recovery.FixRequest,
                $"'{elsewhere.Name}' is in another pool than '{members[0].Name}': each pool has transaction groups of its own, so that no instant is common to both. Make one group for each pool, with the application at rest around them. Nothing was made.")
            { Engine = ZfsEngineFactory.SchemeName, Operation = Creation };
    }

    private static Script Destroy(List<SnapshotInfo> members)
    {
        var script = new Script();
        Same(script, [.. members.Select(each => ($"{each.Ref.Volume.Name}@{each.Ref.Name}", each.Ref.Id))]);
        members.ForEach(each => script.Text("zfs destroy").Word($"{each.Ref.Volume.Name}@{each.Ref.Name}").Text(" || exit 1\n"));
        return script;
    }

    // All are looked at in one command: a name that is gone, or another guid, and nothing is done. zfs tells them in its own order.
    private static void Same(Script script, IReadOnlyList<(string Name, string Id)> things)
    {
        script.Text("command -v zfs >/dev/null || exit 127\n[ \"$(zfs get -Hp -o name,value guid");
        foreach ((string name, _) in things)
        {
            script.Word(name);
        }

        string expected = string.Join('\n', things.Select(each => $"{each.Name}\t{each.Id}").Order(StringComparer.Ordinal));
        script.Text(" 2>/dev/null | sort)\" =").Word(expected).Text($" ] || exit {ZfsShellFunctions.OtherIdentity}\n");
    }

    private static Script Make(List<Dataset> members, string name, GroupNote note)
    {
        var script = new Script();
        Same(script, [.. members.Select(each => (each.Name, each.Id))]);
        script.Text("set --");
        members.ForEach(each => script.Word($"{each.Name}@{name}"));
        script.Text("\ne=$(zfs snapshot -o").Word($"{ZfsShellFunctions.Namespace}group={note}");
        return script.Text(" \"$@\" 2>&1) || zfs list -H -t snapshot -o name \"$@\" >/dev/null 2>&1 || { case $e in *already\\ exists*) ;; *) printf '%s\\n' \"$e\" >&2; exit 1;; esac; }\ntold \"$(one \"$@\" 2>/dev/null)\"");
    }

    private static GroupSnapshotInfo Whole(GroupNote note, string name, IReadOnlyList<SnapshotListing> listings)
    {
        List<SnapshotInfo> members = [.. listings.SelectMany(each => each.Infos()).Where(info => info.Ref.Name == name)];
        if (members.Find(info => info.GroupId != note.Id) is { } other)
        {
            throw Taken($"There is a snapshot {other.Ref} already that is not of this group; choose another name.");
        }

        if (members.Count != note.Members.Count)
        {
            throw Taken($"The group '{name}' is there, but {note.Members.Count - members.Count} of its members are gone; delete the group '{note.Id}', or choose another name.");
        }

        ulong[] groups = [.. listings.SelectMany(each => each.Table.Snapshots).Where(each => each.Name == name).Select(each => each.CreateTxg).Distinct()];
        return groups.Length == 1 ? Describe(note.Id, members)
            : throw new StorageEngineException(EngineStatus.Aborted, EngineReason.GroupNotConsistent, Recovery.FixRequest,
                $"The members of '{note.Id}' are of the transaction groups {string.Join(", ", groups)}, and not of one; somebody has changed them. Delete the group and make it again.")
            { Engine = ZfsEngineFactory.SchemeName, Operation = Creation };
    }

    private static GroupSnapshotInfo Describe(string groupId, List<SnapshotInfo> members) => new(
        groupId, members[0].Ref.Name!, members, Consistency.Crash, members.Count.ToString(CultureInfo.InvariantCulture) == groupId.Split(':')[0]);

    private static StorageEngineException Taken(string message)
        => new(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, message) { Engine = ZfsEngineFactory.SchemeName, Operation = Creation };

    private async Task<List<SnapshotInfo>> MembersAsync(string groupId, CancellationToken cancellationToken)
    {
        if (!GroupNote.IsId(groupId))
        {
            return [];
        }

        // Sifted on the host: a pool may have a hundred thousand snapshots, and a group has some.
        Script script = new Script().Text("command -v zfs >/dev/null || exit 127; zfs list -Hp -t filesystem,volume -o \"$ds\" || exit 1; printf '\\0'; told \"$(zfs list -Hp -t snapshot -o \"$sn\" | awk -F '\\t' -v g=")
            .Append(Encoding.UTF8.GetBytes(groupId + " ")).Text(" 'index($11, g) == 1')\"");
        byte[] answer = await Datasets.Host.AskAsync("find group", groupId, script, cancellationToken).ConfigureAwait(false);
        int end = Array.IndexOf(answer, (byte)0);
        List<Dataset> datasets = DatasetTable.Parse(answer.AsMemory(0, Math.Max(0, end)));
        return [.. SnapshotListing.ParseMany(datasets, answer.AsMemory(end + 1)).SelectMany(each => each.Infos()).Where(info => info.GroupId == groupId)];
    }
}
