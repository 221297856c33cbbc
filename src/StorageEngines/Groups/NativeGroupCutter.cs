namespace StorageEngines;

/// <summary>Cuts a group by the engine's own means, at one instant. The engine itself is idempotent and undoes what fails.</summary>
internal sealed class NativeGroupCutter(IGroupSnapshots groups, IReadOnlyList<VolumeRef> volumes, string name) : IGroupCutter
{
    public ValueTask<GroupSnapshotInfo?> FindAsync(CancellationToken cancellationToken) => new((GroupSnapshotInfo?)null);

    public Task<GroupSnapshotInfo> CutAsync(CancellationToken cancellationToken) => groups.CreateAsync(volumes, name, cancellationToken);

    public async Task UndoAsync(GroupSnapshotInfo? group)
    {
        if (group is not null)
        {
            await groups.DeleteAsync(group.Id, [.. group.Members.Select(member => member.Ref)], CancellationToken.None).ConfigureAwait(false);
        }
    }
}
