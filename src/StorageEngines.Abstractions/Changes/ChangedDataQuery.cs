namespace StorageEngines;

/// <summary>Asks for what changed together with its bytes.</summary>
/// <param name="Base">What to compare with: a token of an older snapshot of the same lineage; null for the whole of the target.</param>
/// <param name="Target">The newer snapshot, of a block volume.</param>
public sealed record ChangedDataQuery(ChangeToken? Base, SnapshotRef Target);
