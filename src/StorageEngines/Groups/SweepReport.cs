namespace StorageEngines;

/// <summary>What a sweep did.</summary>
/// <param name="Deleted">What is gone.</param>
/// <param name="InUse">What something still needs; it is tried again next time.</param>
public sealed record SweepReport(IReadOnlyList<SnapshotRef> Deleted, IReadOnlyList<SnapshotRef> InUse);
