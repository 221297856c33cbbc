namespace StorageEngines;

/// <summary>
/// Snapshots of several volumes, of one engine or of several, around a quiesce: freeze, cut, thaw. All or nothing: if a member fails, those that were made
/// are deleted before the call throws. Thaw always runs.
/// </summary>
/// <remarks>Stateless; safe for use by several threads.</remarks>
public static class GroupSnapshots
{
    /// <summary>The label that each member carries where the engine has no groups of its own: <c>storage-engines.group</c>, with the group's id.</summary>
    public const string GroupLabel = "storage-engines.group";

    /// <summary>
    /// Cuts a group. If one engine has all members and can group them, it cuts them at one instant. Otherwise they are cut at the same time but each for
    /// itself; they are then worth together what the hooks say, and without hooks <see cref="Consistency.Unknown"/>. Asked again with the same name and
    /// members, it returns the group that is there.
    /// </summary>
    /// <param name="members">The members; at least one, no duplicates.</param>
    /// <param name="name">A name that the caller chooses; see <see cref="SnapshotName"/>. No member may have another snapshot of this name.</param>
    /// <param name="options">Hooks, limit and labels.</param>
    /// <param name="cancellationToken">Gives up: everything is thawed, no member remains.</param>
    /// <returns>The group, with what it is really worth.</returns>
    /// <exception cref="ArgumentException">No members, one of them twice, or a name that breaks the rule.</exception>
    /// <exception cref="StorageEngineException">
    /// <see cref="EngineReason.GroupNotConsistent"/>: the limit was exceeded or the least consistency not reached. <see cref="EngineReason.NameTaken"/>: a
    /// member has a snapshot of that name. Nothing of the group remains, unless the message says what.
    /// </exception>
    public static async Task<GroupSnapshotInfo> CreateAsync(
        IReadOnlyList<GroupMember> members, string name, GroupSnapshotOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(members);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(options.FreezeLimit, TimeSpan.Zero);
        SnapshotName.Require(name);
        if (members.Count == 0 || members.Distinct().Count() != members.Count)
        {
            throw new ArgumentException("A group needs at least one member, and each volume once.", nameof(members));
        }

        IGroupCutter cutter = await GroupCutters.ChooseAsync(members, name, options, cancellationToken).ConfigureAwait(false);
        if (await cutter.FindAsync(cancellationToken).ConfigureAwait(false) is { } existing)
        {
            return existing;
        }

        GroupSnapshotInfo? group = null;
        var quiesce = new Quiesce(options);
        try
        {
            GroupSnapshotInfo cut = await quiesce.RunAsync(
                async token => group = await cutter.CutAsync(token).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            return Judge(cut, quiesce.Reached, options, members.Count);
        }
        catch (Exception error)
        {
            await UndoAsync(cutter, group, error).ConfigureAwait(false);
            throw;
        }
    }

    private static GroupSnapshotInfo Judge(GroupSnapshotInfo cut, Consistency? quiesced, GroupSnapshotOptions options, int count)
    {
        Consistency own = count == 1 ? cut.Members[0].Consistency : cut.Consistency;
        Consistency reached = quiesced is { } rest && rest > own ? rest : own;
        return reached >= options.MinimumConsistency
            ? cut with { Consistency = reached }
            : throw new StorageEngineException(
                EngineStatus.FailedPrecondition, EngineReason.GroupNotConsistent, Recovery.FixRequest,
                $"Group '{cut.Name}' would only be worth {reached}, and {options.MinimumConsistency} was asked for; add a quiesce hook, or ask for less.");
    }

    private static async ValueTask UndoAsync(IGroupCutter cutter, GroupSnapshotInfo? group, Exception cause)
    {
        try
        {
            await cutter.UndoAsync(group).ConfigureAwait(false);
        }
        catch (StorageEngineException error)
        {
            throw new StorageEngineException(
                EngineStatus.Aborted, EngineReason.GroupNotConsistent, Recovery.OperatorAction,
                $"{cause.Message} And not everything could be undone: {error.Message} Delete it by hand.", new AggregateException(cause, error))
            { OutcomeUnknown = true };
        }
    }
}
