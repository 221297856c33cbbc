namespace StorageEngines.Testing;

/// <summary>A group as the store keeps it: its members by volume and snapshot id.</summary>
internal sealed record StoredGroup(string Id, string Name, IReadOnlyList<(string VolumeId, string SnapshotId)> Members);
