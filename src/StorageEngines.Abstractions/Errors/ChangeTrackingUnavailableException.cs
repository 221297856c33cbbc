namespace StorageEngines;

/// <summary>The engine cannot know what changed. It says so instead of answering with an empty list; the caller takes a full copy of this volume.</summary>
public sealed class ChangeTrackingUnavailableException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="reason">
    /// <see cref="EngineReason.ChangeTrackingOff"/>, <see cref="EngineReason.ChangeTrackingLost"/>, <see cref="EngineReason.BaseMissing"/> or
    /// <see cref="EngineReason.VolumeReplaced"/>.
    /// </param>
    /// <param name="message">Why it cannot know.</param>
    /// <param name="innerException">The cause, if another exception is it.</param>
    public ChangeTrackingUnavailableException(EngineReason reason, string message, Exception? innerException = null)
        : base(EngineStatus.FailedPrecondition, reason, Recovery.TakeFull, message, innerException)
    {
    }
}
