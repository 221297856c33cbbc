namespace StorageEngines.Testing.Faults;

/// <summary>Groups with one mistake in them.</summary>
internal sealed class FaultyGroupSnapshots(MemoryStore store, InMemoryFault fault, IGroupSnapshots inner) : IGroupSnapshots
{
    public async Task<GroupSnapshotInfo> CreateAsync(IReadOnlyList<VolumeRef> volumes, string name, CancellationToken cancellationToken = default)
    {
        if (fault == InMemoryFault.GroupNotAtOneInstant)
        {
            return await CreateOneByOneAsync(volumes, name, cancellationToken).ConfigureAwait(false);
        }

        try
        {
            return await inner.CreateAsync(volumes, name, fault == InMemoryFault.IgnoresCancellation ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
        }
        catch (Exception) when (fault == InMemoryFault.GroupLeavesMember)
        {
            lock (store.Gate)
            {
                store.Cut(store.RequireVolume(volumes[0]), name);
            }

            throw;
        }
    }

    public Task<GroupSnapshotInfo> GetAsync(string groupId, CancellationToken cancellationToken = default) => inner.GetAsync(groupId, cancellationToken);

    public Task DeleteAsync(string groupId, IReadOnlyList<SnapshotRef> expectedMembers, CancellationToken cancellationToken = default)
        => inner.DeleteAsync(groupId, expectedMembers, cancellationToken);

    private async Task<GroupSnapshotInfo> CreateOneByOneAsync(IReadOnlyList<VolumeRef> volumes, string name, CancellationToken cancellationToken)
    {
        string id;
        var members = new List<(string VolumeId, string SnapshotId)>();
        lock (store.Gate)
        {
            id = store.NextId("g");
        }

        foreach (VolumeRef volume in volumes)
        {
            lock (store.Gate)
            {
                members.Add((volume.Id, store.Cut(store.RequireVolume(volume), name, groupId: id).Id));
            }

            await store.StepAsync("group-create:member", cancellationToken).ConfigureAwait(false);
            await Task.Yield();
        }

        lock (store.Gate)
        {
            store.Groups.Add(id, new StoredGroup(id, name, members));
        }

        return await inner.GetAsync(id, cancellationToken).ConfigureAwait(false);
    }
}
