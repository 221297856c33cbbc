namespace StorageEngines;

/// <summary>What is worth to be written anew.</summary>
public sealed record StoreRepackOptions
{
    /// <summary>How a file that was written anew is given back.</summary>
    public StoreCollectOptions Collect { get; init; } = new();

    /// <summary>The least share of a file that is not needed, above 0 and up to 1, from which on the rest of it is written anew. Default: 0.25.</summary>
    public double UnusedShare { get; init; } = 0.25;
}
