namespace StorageEngines;

/// <summary>
/// A call to an engine failed. Three tiers: the back end said no (this type, with the back end's own code and text); the way there broke
/// (<see cref="IsTransient"/>); the caller was wrong (a plain <see cref="ArgumentException"/>, not this type).
/// </summary>
public class StorageEngineException : Exception
{
    /// <summary>Makes an exception.</summary>
    /// <param name="status">The canonical status.</param>
    /// <param name="reason">The reason, for programs.</param>
    /// <param name="recovery">What the caller should do.</param>
    /// <param name="message">What happened, to what, and what to do about it. No secrets.</param>
    /// <param name="innerException">The cause, if another exception is it.</param>
    public StorageEngineException(EngineStatus status, EngineReason reason, Recovery recovery, string message, Exception? innerException = null)
        : base(message, innerException)
    {
        Status = status;
        Reason = reason;
        Recovery = recovery;
    }

    /// <summary>The canonical status.</summary>
    public EngineStatus Status { get; }

    /// <summary>The reason, for programs.</summary>
    public EngineReason Reason { get; }

    /// <summary>What the caller should do.</summary>
    public Recovery Recovery { get; }

    /// <summary>The engine's name, or null if the failure was not in an engine. Default: null.</summary>
    public string? Engine { get; init; }

    /// <summary>The operation that failed, e.g. <c>create snapshot</c>. Default: null.</summary>
    public string? Operation { get; init; }

    /// <summary>True if a change may have happened although the call failed: make the same idempotent call again. Default: false.</summary>
    public bool OutcomeUnknown { get; init; }

    /// <summary>The back end's own error code, e.g. <c>ENOSPC</c>. Default: null.</summary>
    public string? BackendCode { get; init; }

    /// <summary>The back end's own words. Default: null.</summary>
    public string? BackendText { get; init; }

    /// <summary>True if the same call may succeed later without anybody doing anything.</summary>
    public bool IsTransient => Recovery is Recovery.Retry or Recovery.RetryAfterBackoff;
}
