namespace StorageEngines;

/// <summary>What the caller should do about a failure.</summary>
public enum Recovery
{
    /// <summary>The request is wrong; the same call will fail again.</summary>
    FixRequest,

    /// <summary>The same call may succeed at once.</summary>
    Retry,

    /// <summary>The same call may succeed later; wait in growing steps.</summary>
    RetryAfterBackoff,

    /// <summary>No increment is to be had; take a full copy of this volume.</summary>
    TakeFull,

    /// <summary>A person has to do something first: rights, space, a program, damaged data.</summary>
    OperatorAction,
}
