namespace StorageEngines;

/// <summary>One damage in a store, or one thing that is hurt by it.</summary>
/// <param name="Object">What is damaged: a file's name, or a block's.</param>
/// <param name="Offset">Where, in bytes from its start, or null if that has no meaning.</param>
/// <param name="Detail">What is wrong, in a sentence.</param>
/// <param name="Snapshot">The snapshot that is hurt, or null if none is, or not yet known which.</param>
/// <param name="Path">The file in the snapshot that is hurt; empty for a block volume, null if it is the snapshot as a whole.</param>
public sealed record StoreDamage(string Object, long? Offset, string Detail, SnapshotRef? Snapshot = null, BytePath? Path = null);
