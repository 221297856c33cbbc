namespace StorageEngines;

/// <summary>How to spot-check.</summary>
public sealed record SpotCheckOptions
{
    /// <summary>The seed of the random choice: the same seed checks the same places. Default: 0.</summary>
    public int Seed { get; init; }

    /// <summary>How many places to look at. Range: 1 to 65,536. Default: 64.</summary>
    public int Samples { get; init; } = 64;

    /// <summary>How many bytes to compare at each place. Range: 1 to 1,048,576. Default: 65,536.</summary>
    public int SampleBytes { get; init; } = 64 * 1024;

    /// <summary>The file that is checked; required on a tree volume, null on a block volume. Default: null.</summary>
    public BytePath? Path { get; init; }

    /// <summary>The file's path in the base if it is another one. Default: null, the same as <see cref="Path"/>.</summary>
    public BytePath? BasePath { get; init; }
}
