using StorageEngines.CephRbd.Hosts.Commands.Parsing;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;
using StorageEngines.RemoteShells;

namespace StorageEngines.CephRbd.Hosts.Commands;

/// <summary>Groups of images, and their snapshots, with rbd.</summary>
internal sealed class CommandImageGroups(RbdShell shell) : IImageGroups
{
    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>group image list</c>, <c>group snap list</c>; and <c>group list</c>, because these call a group empty that is not there.</remarks>
    public async Task<GroupMembers?> ReadAsync(GroupPlace group, CancellationToken cancellationToken)
    {
        ClusterFacts facts = await FactsAsync(group, cancellationToken).ConfigureAwait(false);
        ShellReply? reply = await TryReadAsync(group, facts, cancellationToken).ConfigureAwait(false);
        if (reply?.Exit == RbdExit.Renamed)
        {
            facts = await shell.AskFactsAsync(cancellationToken).ConfigureAwait(false);
            reply = await TryReadAsync(group, facts, cancellationToken).ConfigureAwait(false);
        }

        if (reply is null || (reply.Exit == Errno.ENOENT && !RbdWords.IsWithoutConnection(reply.Errors) && !RbdWords.IsWithoutPool(reply.Errors)))
        {
            return null;
        }

        return reply.Exit == 0 ? await ParseAsync(group, reply.Output, facts, cancellationToken).ConfigureAwait(false) : throw shell.Failed("read group", group.Name, reply.Exit, reply.Errors);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>group create</c>.</remarks>
    public async Task CreateAsync(GroupPlace group, CancellationToken cancellationToken)
        => await RequireAsync("create group", group.Name, await ChangeAsync("create group", group, Group(group).Text(" group create"), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>group remove</c>.</remarks>
    public async Task RemoveAsync(GroupPlace group, CancellationToken cancellationToken)
        => await RequireAsync("remove group", group.Name, await ChangeAsync("remove group", group, Group(group).Text(" group remove"), cancellationToken).ConfigureAwait(false)).ConfigureAwait(false);

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>group image add</c>, with specifications: with its options it does not find a group in a namespace.</remarks>
    public async Task AddImageAsync(GroupPlace group, RbdImage image, CancellationToken cancellationToken)
    {
        string pool = await PoolAsync(group, cancellationToken).ConfigureAwait(false);
        Script script = new Script().At(pool, group.Pool, group.Namespace, "", "").Text("still\n").At(image).Text("same\nr group image add --").Words(new ImagePath(pool, group.Namespace, group.Name).ToString(), image.Path.ToString()).Text(" || exit\n(same) || exit 205\n");
        ShellReply reply = await shell.ChangeAsync("add to group", CommandImageChanges.Apart(script), cancellationToken).ConfigureAwait(false);
        await RequireAsync("add to group", image.Path.ToString(), reply).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>group snap create</c>.</remarks>
    public async Task CreateSnapshotAsync(GroupPlace group, string name, CancellationToken cancellationToken)
    {
        ShellReply reply = await ChangeAsync("create group snapshot", group, Group(group).Text(" --snap=").Value(name).Text(" group snap create"), cancellationToken).ConfigureAwait(false);
        await RequireAsync("create group snapshot", $"{group.Name}@{name}", reply).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd(8) <c>group snap remove</c>.</remarks>
    public async Task RemoveSnapshotAsync(GroupPlace group, string name, CancellationToken cancellationToken)
    {
        ShellReply reply = await ChangeAsync("remove group snapshot", group, Group(group).Text(" --snap=").Value(name).Text(" group snap remove"), cancellationToken).ConfigureAwait(false);
        if (reply.Exit != Errno.ENOENT || RbdWords.IsWithoutConnection(reply.Errors) || RbdWords.IsWithoutPool(reply.Errors))
        {
            await RequireAsync("remove group snapshot", $"{group.Name}@{name}", reply).ConfigureAwait(false);
        }
    }

    private static Script Group(GroupPlace group) => new Script().Text("in_pool --group=").Value(group.Name);

    // Null if there is no such pool.
    private async Task<ShellReply?> TryReadAsync(GroupPlace group, ClusterFacts facts, CancellationToken cancellationToken)
    {
        if (!facts.Pools.TryGetValue(group.Pool, out string? pool))
        {
            return null;
        }

        Script script = new Script().At(pool, group.Pool, group.Namespace, "", "").Text("still\ng() { in_pool --group=").Value(group.Name).Text(" \"$@\" --format=json; }\n")
            .Text("i=$(g group image list) || exit\ns=$(g group snap list) || exit\nl=$(in_pool group list --format=json) || exit\nprintf '%s\\0' \"$i\" \"$s\" \"$l\"");
        return await shell.TryAskAsync("read group", script, cancellationToken).ConfigureAwait(false);
    }

    private async Task<GroupMembers?> ParseAsync(GroupPlace group, byte[] output, ClusterFacts facts, CancellationToken cancellationToken)
    {
        Fields fields = RbdShell.FieldsOf(output);
        (ReadOnlyMemory<byte> images, ReadOnlyMemory<byte> snapshots, ReadOnlyMemory<byte> groups) = (fields.Next(), fields.Next(), fields.Next());
        if (!Lists.Groups(groups).Contains(group.Name))
        {
            return null;
        }

        var members = new List<(long Pool, string Name)>();
        foreach ((string pool, string name) in Lists.GroupImages(images))
        {
            long? number = facts.NumberOf(pool) ?? (facts = await shell.AskFactsAsync(cancellationToken).ConfigureAwait(false)).NumberOf(pool);
            members.Add((number ?? throw new CorruptDataException("the output of rbd group image ls", null, $"there is no pool '{pool}'") { Engine = CephRbdEngineFactory.SchemeName }, name));
        }

        return new GroupMembers(group, members, Lists.GroupSnapshots(snapshots));
    }

    private async Task<ShellReply> ChangeAsync(string operation, GroupPlace group, Script change, CancellationToken cancellationToken)
    {
        Script script = new Script().At(await PoolAsync(group, cancellationToken).ConfigureAwait(false), group.Pool, group.Namespace, "", "").Text("still\n").Then(change);
        return await shell.ChangeAsync(operation, CommandImageChanges.Apart(script), cancellationToken).ConfigureAwait(false);
    }

    private async Task<ClusterFacts> FactsAsync(GroupPlace group, CancellationToken cancellationToken)
        => shell.Known is { } known && known.Pools.ContainsKey(group.Pool) ? known : await shell.AskFactsAsync(cancellationToken).ConfigureAwait(false);

    private async Task<string> PoolAsync(GroupPlace group, CancellationToken cancellationToken)
        => (await FactsAsync(group, cancellationToken).ConfigureAwait(false)).Pools.TryGetValue(group.Pool, out string? pool) ? pool
            : throw new StorageEngineException(EngineStatus.NotFound, EngineReason.VolumeMissing, Recovery.FixRequest, $"The group '{group.Name}' cannot be found: there is no pool {group.Pool}.") { Engine = CephRbdEngineFactory.SchemeName };

    private async Task RequireAsync(string operation, string subject, ShellReply reply)
    {
        if (reply.Exit != 0)
        {
            throw await shell.ChangeFailedAsync(operation, subject, reply).ConfigureAwait(false);
        }
    }
}
