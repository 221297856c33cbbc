namespace StorageEngines.CephRbd.Images;

/// <summary>A group's snapshot by its names.</summary>
/// <param name="Pool">The number of the group's pool.</param>
/// <param name="Group">The group's name.</param>
/// <param name="Snapshot">The snapshot's name.</param>
internal sealed record GroupSnapshotName(long Pool, string Group, string Snapshot);
