namespace StorageEngines.Testing;

/// <summary>Snapshots of several volumes, cut under one lock, so that they are of one instant.</summary>
internal sealed class MemoryGroupSnapshots(MemoryStore store) : IGroupSnapshots
{
    public async Task<GroupSnapshotInfo> CreateAsync(IReadOnlyList<VolumeRef> volumes, string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(volumes);
        SnapshotName.Require(name);
        if (volumes.Count == 0 || volumes.Distinct().Count() != volumes.Count)
        {
            throw new ArgumentException("A group needs at least one member, and each only once.", nameof(volumes));
        }

        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("group-create:begin", cancellationToken).ConfigureAwait(false);
        var temporary = new List<InMemoryCounters.Counted>();
        try
        {
            for (int i = 0; i < volumes.Count; i++)
            {
                temporary.Add(store.Counters.TemporarySnapshot());
                await store.StepAsync("group-create:member", cancellationToken).ConfigureAwait(false);
            }

            lock (store.Gate)
            {
                return Cut(volumes, name);
            }
        }
        finally
        {
            temporary.ForEach(snapshot => snapshot.Dispose());
        }
    }

    public async Task<GroupSnapshotInfo> GetAsync(string groupId, CancellationToken cancellationToken = default)
    {
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("group-get:begin", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            return store.Groups.TryGetValue(groupId, out StoredGroup? group)
                ? Info(group)
                : throw new SnapshotNotFoundException(groupId, "(group)") { Engine = InMemoryStorageEngine.Scheme };
        }
    }

    public async Task DeleteAsync(string groupId, IReadOnlyList<SnapshotRef> expectedMembers, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(expectedMembers);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("group-delete:begin", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            if (!store.Groups.TryGetValue(groupId, out StoredGroup? group))
            {
                return;
            }

            var expected = expectedMembers.Select(member => (member.Volume.Id, member.Id)).ToHashSet();
            StoredSnapshot[] there = [.. Present(group)];
            if (there.Any(member => !expected.Contains((member.VolumeId, member.Id))) || !expected.IsSubsetOf(group.Members))
            {
                throw new StorageEngineException(
                    EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"Group '{group.Name}' has other members than expected; get it and look at them. Nothing was deleted.")
                { Engine = InMemoryStorageEngine.Scheme };
            }

            Array.ForEach(there, member => MemorySnapshots.RequireNoHolds(member, member.Name));
            Array.ForEach(there, store.Remove);
            store.Groups.Remove(groupId);
        }
    }

    private GroupSnapshotInfo Cut(IReadOnlyList<VolumeRef> volumes, string name)
    {
        VolumeState[] members = [.. volumes.Select(store.RequireVolume)];
        StoredGroup? there = store.Groups.Values.FirstOrDefault(group => group.Name == name);
        if (there is not null && there.Members.Select(member => member.VolumeId).ToHashSet().SetEquals(members.Select(member => member.Id)))
        {
            return Info(there);
        }

        if (there is not null || members.Any(member => store.SnapshotsOf(member.Id).Any(snapshot => snapshot.Name == name)))
        {
            throw new StorageEngineException(
                EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"'{name}' is the name of another group, or of a member's snapshot; choose another name.")
            { Engine = InMemoryStorageEngine.Scheme };
        }

        string id = store.NextId("g");
        var group = new StoredGroup(id, name, [.. members.Select(member => (member.Id, store.Cut(member, name, groupId: id).Id))]);
        store.Groups.Add(id, group);
        return Info(group);
    }

    private GroupSnapshotInfo Info(StoredGroup group)
    {
        Dictionary<string, VolumeState> volumes = store.Volumes.ToDictionary(volume => volume.Id);
        SnapshotInfo[] members = [.. Present(group).Select(member => member.Info(volumes[member.VolumeId]))];
        return new GroupSnapshotInfo(group.Id, group.Name, members, Consistency.Crash, members.Length == group.Members.Count);
    }

    private IEnumerable<StoredSnapshot> Present(StoredGroup group)
        => group.Members.Select(member => store.FindSnapshot(member.VolumeId, member.SnapshotId)).OfType<StoredSnapshot>();
}
