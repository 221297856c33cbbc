namespace StorageEngines;

/// <summary>What is known of a volume.</summary>
/// <param name="Ref">Its id and label.</param>
/// <param name="Kind">Whether it is an address space or a tree.</param>
/// <param name="Location">Where it is now, in the engine's own terms: what <see cref="IStorageEngine.ResolveVolumeAsync"/> takes.</param>
/// <param name="CapacityBytes">The size of a block volume in bytes; null for a tree.</param>
public sealed record VolumeInfo(VolumeRef Ref, VolumeKind Kind, BytePath Location, long? CapacityBytes);
