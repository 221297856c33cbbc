namespace StorageEngines;

/// <summary>What a difference was to be applied to is not the base it was made from. Nothing was written.</summary>
public sealed class BaseMismatchException : StorageEngineException
{
    /// <summary>Makes an exception.</summary>
    /// <param name="expected">The base that the difference was made from.</param>
    /// <param name="found">What was found instead, or null if it is not known.</param>
    /// <param name="message">Which target, and what to do about it.</param>
    public BaseMismatchException(string expected, string? found, string message)
        : base(EngineStatus.FailedPrecondition, EngineReason.BaseMismatch, Recovery.FixRequest, message)
    {
        Expected = expected;
        Found = found;
    }

    /// <summary>The base that the difference was made from.</summary>
    public string Expected { get; }

    /// <summary>What was found instead, or null if it is not known.</summary>
    public string? Found { get; }
}
