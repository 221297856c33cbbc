namespace StorageEngines;

/// <summary>What a snapshot taken now would have to do.</summary>
/// <param name="Base">The snapshot that was compared with.</param>
/// <param name="BaseCreatedAt">When that was taken.</param>
/// <param name="Entries">Names in the volume now; 1 for a block volume; null if the engine would have to count them.</param>
/// <param name="FilesToRead">Regular files that would be read, all but the empty ones; with those below a renamed directory, and each file once, whatever names it has.</param>
/// <param name="BytesToRead">The sum of their sizes, in bytes: an upper bound, because holes are not read.</param>
public sealed record PendingTotals(SnapshotRef Base, DateTimeOffset BaseCreatedAt, long? Entries, long FilesToRead, long BytesToRead);
