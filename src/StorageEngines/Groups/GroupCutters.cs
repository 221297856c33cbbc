namespace StorageEngines;

/// <summary>Chooses how a group is cut.</summary>
internal static class GroupCutters
{
    internal static async ValueTask<IGroupCutter> ChooseAsync(
        IReadOnlyList<GroupMember> members, string name, GroupSnapshotOptions options, CancellationToken cancellationToken)
    {
        IStorageEngine engine = members[0].Engine;
        bool native = engine.Feature<IGroupSnapshots>() is not null && members.All(member => ReferenceEquals(member.Engine, engine));
        for (int i = 0; native && i < members.Count; i++)
        {
            EngineCapabilities can = await engine.GetCapabilitiesAsync(members[i].Volume, cancellationToken).ConfigureAwait(false);
            native = can.Has(EngineCapability.Group) && can.MaxGroupSize >= members.Count;
        }

        return native
            ? new NativeGroupCutter(engine.Feature<IGroupSnapshots>()!, [.. members.Select(member => member.Volume)], name)
            : new SeparateGroupCutter(members, name, options.Labels);
    }
}
