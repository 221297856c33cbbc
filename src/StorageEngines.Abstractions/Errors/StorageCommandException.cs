namespace StorageEngines;

/// <summary>A command failed, or the way to its host broke. The command line is not repeated: it may hold names that are not to be logged.</summary>
public sealed class StorageCommandException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="status">The canonical status.</param>
    /// <param name="reason">The reason, for programs.</param>
    /// <param name="recovery">What the caller should do.</param>
    /// <param name="message">What happened and what to do about it.</param>
    /// <param name="innerException">The cause, if another exception is it.</param>
    public StorageCommandException(EngineStatus status, EngineReason reason, Recovery recovery, string message, Exception? innerException = null)
        : base(status, reason, recovery, message, innerException)
    {
    }

    /// <summary>The host that the command ran on. Default: null.</summary>
    public string? Host { get; init; }

    /// <summary>The command's exit code, or null if it is not known: not started, or the connection was lost. Default: null.</summary>
    public int? ExitCode { get; init; }

    /// <summary>The end of what the command wrote to standard error. Default: empty.</summary>
    public string StandardErrorTail { get; init; } = "";
}
