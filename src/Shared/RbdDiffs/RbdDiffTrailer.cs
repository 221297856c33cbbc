namespace StorageEngines.RbdDiffs;

/// <summary>What stands behind the end of a diff of ours. Its checksum was right.</summary>
/// <param name="Source">Which snapshots the diff is between; null if its names say that, or nobody.</param>
internal sealed record RbdDiffTrailer(RbdDiffSource? Source);
