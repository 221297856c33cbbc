namespace StorageEngines;

/// <summary>The snapshot is not there (any more).</summary>
public sealed class SnapshotNotFoundException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="snapshot">The snapshot's id or name as it was asked for.</param>
    /// <param name="volume">The volume it was looked for on.</param>
    /// <param name="detail">What is known of it, and what to do about it; null for nothing. Default: null.</param>
    public SnapshotNotFoundException(string snapshot, string volume, string? detail = null)
        : base(EngineStatus.NotFound, EngineReason.SnapshotMissing, Recovery.FixRequest, $"Snapshot '{snapshot}' of volume '{volume}' does not exist; {detail ?? "list the snapshots to see which there are"}.")
    {
        Snapshot = snapshot;
        Volume = volume;
    }

    /// <summary>The snapshot's id or name as it was asked for.</summary>
    public string Snapshot { get; }

    /// <summary>The volume it was looked for on.</summary>
    public string Volume { get; }
}
