namespace StorageEngines;

/// <summary>Asks which files changed between two snapshots.</summary>
/// <param name="Base">What to compare with: a token of an older snapshot of the same lineage.</param>
/// <param name="Target">The newer snapshot.</param>
public sealed record FileDiffQuery(ChangeToken Base, SnapshotRef Target)
{
    /// <summary>Only changes at or below this path, by its name in either snapshot. Default: the root, all changes.</summary>
    public BytePath Under { get; init; }

    /// <summary>
    /// The most extents given with one change. Range: 0 or more. A file with more has <see cref="FileChange.Extents"/> null and is to be asked about by
    /// <see cref="IBlockMap.DeltaAsync"/>. Default: 1024, so that memory stays bounded.
    /// </summary>
    public int MaxExtentsPerFile { get; init; } = 1024;
}
