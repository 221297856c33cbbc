namespace StorageEngines;

/// <summary>How a store's space is given back.</summary>
public sealed record StoreCollectOptions
{
    /// <summary>The usual grace period: 1 hour.</summary>
    public static readonly TimeSpan DefaultGrace = TimeSpan.FromHours(1);

    /// <summary>
    /// How long something has to be known as not needed before it is removed, so that whoever reads a deleted snapshot, on any host, can come to an end.
    /// 0 or more; with 0 it is removed at once. Default: 1 hour.
    /// </summary>
    public TimeSpan Grace { get; init; } = DefaultGrace;

    /// <summary>How long to wait while somebody else writes to the store. Default: 1 minute.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Told how far it is. Default: nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }
}
