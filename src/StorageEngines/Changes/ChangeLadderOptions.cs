namespace StorageEngines;

/// <summary>How to ask for changes.</summary>
public sealed record ChangeLadderOptions
{
    /// <summary>What to do when the engine cannot say what changed. Default: <see cref="FallbackPolicy.Fail"/>.</summary>
    public FallbackPolicy Fallback { get; init; }

    /// <summary>The file that is asked about; required on a tree volume, null on a block volume. Default: null.</summary>
    public BytePath? Path { get; init; }

    /// <summary>The file's path in the base if it is another one. Default: null, the same as <see cref="Path"/>.</summary>
    public BytePath? BasePath { get; init; }

    /// <summary>Where to begin, in bytes. Range: 0 to the target's capacity. Default: 0.</summary>
    public long StartingOffset { get; init; }

    /// <summary>The most extents in one batch. Range: 0 or more; 0 leaves it to the engine. Default: 0.</summary>
    public int MaxResults { get; init; }
}
