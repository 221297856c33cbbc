namespace StorageEngines;

/// <summary>How to apply a rolling difference to a file.</summary>
public sealed record RollingPatchOptions
{
    /// <summary>True to replace a file that is there under the new name, in one step. Default: false.</summary>
    public bool Replace { get; init; }

    /// <summary>Told how far it is. Default: null, nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }
}
