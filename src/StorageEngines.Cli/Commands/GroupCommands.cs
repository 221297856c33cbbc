using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;

namespace StorageEngines.Cli.Commands;

/// <summary>What <c>snapshot create --with</c> and <c>snapshot delete --group</c> do: several volumes at one instant.</summary>
internal static class GroupCommands
{
    internal static Option<string[]> WithOption() => new("--with")
    {
        Description = "Another volume to snapshot under the same name at the same instant, all or none; may be repeated",
        HelpName = "VOLUME",
        DefaultValueFactory = _ => [],
    };

    internal static Option<bool> GroupOption() => new("--group") { Description = "Delete all snapshots that were taken together with this one (create --with)" };

    /// <summary>Takes the snapshots of a group, or tells of the group that is there.</summary>
    internal static async Task<int> CreateAsync(
        CliSession session, SnapshotAddress first, string[] others, GroupSnapshotOptions options, bool isNew, CancellationToken cancellationToken)
    {
        List<VolumeAddress> addresses = [first.Volume, .. others.Select(Addresses.Volume)];
        (OpenVolume volume, List<GroupMember> members) = await MembersAsync(session, addresses, cancellationToken);
        SnapshotInfo? before = await SnapshotFinder.ByNameAsync(volume, first.SnapshotName, cancellationToken);
        if (before is not null && isNew)
        {
            throw SnapshotCommands.NameTaken(before);
        }

        GroupSnapshotInfo group = await GroupSnapshots.CreateAsync(members, first.SnapshotName, options, cancellationToken);
        group = group with { Members = [.. members.Select(member => group.Members.Single(made => made.Ref.Volume.Equals(member.Volume)))] };
        WarnOf(session, group, options.Labels);
        GroupOutput.Created(session.Output, group, wasThere: before is not null && group.Members.Any(member => member.Ref.Id == before.Ref.Id));
        return ExitCode.Ok;
    }

    /// <summary>Deletes a group by one of its members.</summary>
    internal static async Task<int> DeleteAsync(CliSession session, OpenSnapshot member, bool ask, CancellationToken cancellationToken)
    {
        string id = member.Info.GroupId
            ?? throw new UsageException($"'{member.Info.Ref}' is not a member of a group that the engine '{member.Engine.Name}' took", "snapshots that were taken each for itself are deleted one by one; leave --group out");
        IGroupSnapshots groups = member.Volume.Feature<IGroupSnapshots>(EngineCapability.Group);
        GroupSnapshotInfo group = await groups.GetAsync(id, cancellationToken);
        if (ask)
        {
            await Confirmation.AskAsync(session, $"Delete the {group.Members.Count} snapshots of group '{group.Name}': {string.Join(", ", group.Members.Select(each => each.Ref))}?", cancellationToken);
        }

        await groups.DeleteAsync(id, [.. group.Members.Select(each => each.Ref)], cancellationToken);
        GroupOutput.Deleted(session.Output, group);
        return ExitCode.Ok;
    }

    // One engine has to hold all of its volumes, else it cannot take them together.
    private static async Task<(OpenVolume First, List<GroupMember> Members)> MembersAsync(CliSession session, List<VolumeAddress> addresses, CancellationToken cancellationToken)
    {
        List<(VolumeAddress Address, OpenVolume Volume)> open = [];
        List<GroupMember> members = [];
        foreach (VolumeAddress address in addresses)
        {
            OpenVolume found = await session.VolumeAsync(address, cancellationToken);
            OpenVolume? same = open.Where(each => each.Volume.Engine.Name == found.Engine.Name && IsSamePlace(each.Address, address)).Select(each => each.Volume).FirstOrDefault();
            open.Add((address, found));
            var member = same is null
                ? new GroupMember(found.Engine, found.Info.Ref)
                : new GroupMember(same.Engine, (await same.Engine.ResolveVolumeAsync(found.Info.Location, cancellationToken)).Ref);
            if (members.Any(each => each.Volume.Equals(member.Volume)))
            {
                throw new UsageException($"'{found.Info.Location}' is given twice", "name each volume of the group once");
            }

            members.Add(member);
        }

        return (open[0].Volume, members);
    }

    private static bool IsSamePlace(VolumeAddress one, VolumeAddress other)
        => (one.Transport, one.User, one.Host, one.Port) == (other.Transport, other.User, other.Host, other.Port)
            && one.Settings.Count == other.Settings.Count && !one.Settings.Except(other.Settings).Any();

    private static void WarnOf(CliSession session, GroupSnapshotInfo group, IReadOnlyDictionary<string, string> labels)
    {
        foreach (string warning in group.Members.SelectMany(member => member.Warnings))
        {
            session.Warn(warning);
        }

        if (group.Consistency == Consistency.Unknown && group.Members.Count > 1)
        {
            session.Warn("no engine can take these volumes at one instant: each was taken for itself at about the same time, and writes across them may be out of order");
        }

        if (labels.Count > 0 && group.Members.Any(member => labels.Any(label => !member.Labels.ContainsKey(label.Key))))
        {
            session.Warn("the engine keeps no labels with snapshots that it takes together");
        }
    }
}
