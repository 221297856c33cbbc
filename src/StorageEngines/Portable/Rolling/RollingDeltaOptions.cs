namespace StorageEngines;

/// <summary>How to make a rolling difference.</summary>
public sealed record RollingDeltaOptions
{
    /// <summary>
    /// True for a delta that ends where librsync's format ends, for readers that do not accept anything behind it. It then does not say what its base was, nor
    /// what it makes of it. Default: false.
    /// </summary>
    public bool LeaveOutTrailer { get; init; }

    /// <summary>Told how far it is. Default: null, nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }
}
