namespace StorageEngines;

/// <summary>The snapshot cannot be deleted or rolled back to, because something needs it or stands after it.</summary>
public sealed class SnapshotInUseException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="reason"><see cref="EngineReason.HeldByOther"/>, <see cref="EngineReason.SnapshotBusy"/> or <see cref="EngineReason.NewerSnapshotsExist"/>.</param>
    /// <param name="message">What is in the way and what to do about it.</param>
    /// <param name="blockers">Owners of holds, ids of clones, or ids of newer snapshots.</param>
    public SnapshotInUseException(EngineReason reason, string message, IReadOnlyList<string> blockers)
        : base(EngineStatus.FailedPrecondition, reason, Recovery.OperatorAction, message)
    {
        Blockers = blockers;
    }

    /// <summary>Owners of holds, ids of clones, or ids of newer snapshots.</summary>
    public IReadOnlyList<string> Blockers { get; }
}
