namespace StorageEngines;

/// <summary>What came of reading files again that were taken as unchanged; see <see cref="CreateSnapshotRequest.RecheckPercent"/>.</summary>
/// <param name="Files">Files that were judged unchanged and read all the same.</param>
/// <param name="Changed">How many of them had other content than the previous snapshot has: changes that no time and no size told of.</param>
/// <param name="Seed">What the sample was drawn with.</param>
public sealed record RecheckResult(long Files, long Changed, long Seed);
