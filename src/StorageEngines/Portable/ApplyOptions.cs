namespace StorageEngines;

/// <summary>How to apply a differential.</summary>
public sealed record ApplyOptions
{
    /// <summary>
    /// True to apply a difference to a target that cannot be proven to be its base. The result is only as right as the caller's knowledge of the
    /// target. Default: false.
    /// </summary>
    public bool SkipBaseCheck { get; init; }

    /// <summary>Told how far it is. Default: null, nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }

    /// <summary>
    /// The directory that remembers which snapshot each restored path holds. Default: null, <c>$XDG_STATE_HOME/storage-engines</c>, or
    /// <c>~/.local/state/storage-engines</c> where that is not set.
    /// </summary>
    public string? StateDirectory { get; init; }
}
