namespace StorageEngines;

/// <summary>How a store is checked.</summary>
public sealed record StoreCheckOptions
{
    /// <summary>Reads no data: records, lists and indexes only. Default: false.</summary>
    public bool Quick { get; init; }

    /// <summary>
    /// Moves records that cannot be read aside, with what belongs to them, so that they stand in nobody's way. Nothing is destroyed: moved back, it is as
    /// before. Takes the writer's lock. Default: false.
    /// </summary>
    public bool Repair { get; init; }

    /// <summary>How many threads read data at the same time, 1 or more. Default: one per processor.</summary>
    public int Parallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Told each damage as it is found, by any thread, one at a time. Default: nobody.</summary>
    public IProgress<StoreDamage>? Damage { get; init; }

    /// <summary>Told how far it is. Default: nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }
}
