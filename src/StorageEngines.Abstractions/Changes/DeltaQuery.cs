namespace StorageEngines;

/// <summary>Asks which extents of a target may differ from a base.</summary>
/// <param name="Base">What to compare with: a token of an older snapshot of the same lineage.</param>
/// <param name="Target">The newer snapshot.</param>
public sealed record DeltaQuery(ChangeToken Base, SnapshotRef Target)
{
    /// <summary>The file that is asked about, by its path in the target; required on a tree volume, null on a block volume. Default: null.</summary>
    public BytePath? Path { get; init; }

    /// <summary>
    /// The file's path in the base, if it has another one there. A file that the base does not have differs in every byte, from a base of
    /// capacity 0. Default: null, the same as <see cref="Path"/>.
    /// </summary>
    public BytePath? BasePath { get; init; }

    /// <summary>
    /// Where to begin, in bytes. Range: 0 to the target's capacity; at the capacity the answer is complete and empty. The first extent ends after it
    /// and may begin before it. Default: 0.
    /// </summary>
    public long StartingOffset { get; init; }

    /// <summary>The most extents in one batch. Range: 0 or more; 0 leaves it to the engine. Default: 0.</summary>
    public int MaxResults { get; init; }
}
