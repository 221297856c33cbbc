namespace StorageEngines;

/// <summary>How to roll back.</summary>
/// <param name="DestroyNewer">True to destroy snapshots newer than the one rolled back to, where the engine has to. Default: false, the call fails instead.</param>
/// <param name="SafetySnapshotName">The name of a snapshot of the present state to take first; null for none. Default: null.</param>
public sealed record RollbackOptions(bool DestroyNewer = false, string? SafetySnapshotName = null)
{
    /// <summary>Told how far it is. Default: null, nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }
}
