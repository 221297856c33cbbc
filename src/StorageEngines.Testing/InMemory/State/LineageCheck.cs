namespace StorageEngines.Testing;

/// <summary>Says whether a token can be the base of a snapshot, and if not, why not. Called under the store's lock.</summary>
internal static class LineageCheck
{
    public static (StoredSnapshot Base, StoredSnapshot Target) Require(MemoryStore store, ChangeToken baseToken, SnapshotRef targetSnapshot)
    {
        ArgumentNullException.ThrowIfNull(baseToken);
        StoredSnapshot target = store.RequireSnapshot(targetSnapshot, withData: true);
        VolumeState volume = store.RequireVolume(targetSnapshot.Volume);
        if (baseToken.Engine != InMemoryStorageEngine.Scheme || baseToken.VolumeId != target.VolumeId)
        {
            throw store.IsReplacedBy(baseToken.VolumeId, volume)
                ? Unavailable(EngineReason.VolumeReplaced, $"Volume '{volume.Name}' was made anew after the base was taken; take a full copy.")
                : Broken(EngineReason.UnrelatedSnapshots, $"The base belongs to another volume than '{targetSnapshot}'; take a full copy.");
        }

        StoredSnapshot? known = store.FindEverMade(baseToken.Value);
        if (known is null || known.VolumeId != target.VolumeId || known.LineageId != baseToken.LineageId)
        {
            throw Unavailable(EngineReason.BaseMissing, $"Nothing is known of the base '{baseToken.Value}' of volume '{volume.Name}'; take a full copy.");
        }

        RequireOrder(store, known, target, targetSnapshot);
        if (known.Number <= volume.TrackingLostAt)
        {
            throw Unavailable(EngineReason.ChangeTrackingLost, $"Change tracking of volume '{volume.Name}' was lost after the base was taken; take a full copy.");
        }

        return (store.FindSnapshot(target.VolumeId, known.Id)
            ?? throw Unavailable(EngineReason.BaseMissing, $"The base '{known.Name}' of volume '{volume.Name}' was deleted; take a full copy."), target);
    }

    private static void RequireOrder(MemoryStore store, StoredSnapshot known, StoredSnapshot target, SnapshotRef targetSnapshot)
    {
        if (store.IsAncestorOrSelf(known.Id, target.Id))
        {
            return;
        }

        throw store.IsAncestorOrSelf(target.Id, known.Id)
            ? Broken(EngineReason.WrongOrder, $"The base '{known.Name}' is newer than '{targetSnapshot}'; swap the two.")
            : Broken(EngineReason.UnrelatedSnapshots, $"'{targetSnapshot}' does not descend from the base '{known.Name}'; take a full copy.");
    }

    private static LineageBrokenException Broken(EngineReason reason, string message) => new(reason, message) { Engine = InMemoryStorageEngine.Scheme };

    private static ChangeTrackingUnavailableException Unavailable(EngineReason reason, string message)
        => new(reason, message) { Engine = InMemoryStorageEngine.Scheme };
}
