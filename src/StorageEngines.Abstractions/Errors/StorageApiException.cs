namespace StorageEngines;

/// <summary>A back end's API answered with an error.</summary>
public sealed class StorageApiException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="status">The canonical status.</param>
    /// <param name="reason">The reason, for programs.</param>
    /// <param name="recovery">What the caller should do.</param>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="innerException">The cause, if another exception is it.</param>
    public StorageApiException(EngineStatus status, EngineReason reason, Recovery recovery, string message, Exception? innerException = null)
        : base(status, reason, recovery, message, innerException)
    {
    }

    /// <summary>The HTTP status of the answer, or null if there was none. Default: null.</summary>
    public int? HttpStatus { get; init; }
}
