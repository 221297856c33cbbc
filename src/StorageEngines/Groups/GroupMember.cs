namespace StorageEngines;

/// <summary>A volume that is to be snapshotted together with others.</summary>
/// <param name="Engine">Its engine; stays the caller's.</param>
/// <param name="Volume">The volume.</param>
public sealed record GroupMember(IStorageEngine Engine, VolumeRef Volume);
