namespace StorageEngines;

/// <summary>Asks which extents of a snapshot hold data.</summary>
/// <param name="Snapshot">The snapshot.</param>
public sealed record AllocatedQuery(SnapshotRef Snapshot)
{
    /// <summary>The file that is asked about; required on a tree volume, null on a block volume. Default: null.</summary>
    public BytePath? Path { get; init; }

    /// <summary>
    /// Where to begin, in bytes. Range: 0 to the capacity; at the capacity the answer is complete and empty. The first extent ends after it and may
    /// begin before it. Default: 0.
    /// </summary>
    public long StartingOffset { get; init; }

    /// <summary>The most extents in one batch. Range: 0 or more; 0 leaves it to the engine. Default: 0.</summary>
    public int MaxResults { get; init; }
}
