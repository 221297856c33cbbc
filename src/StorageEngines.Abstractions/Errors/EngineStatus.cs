namespace StorageEngines;

/// <summary>The canonical status of a failed call. The numbers are those of gRPC, so that a CSI sidecar passes them on as they are.</summary>
public enum EngineStatus
{
    /// <summary>1: the caller cancelled. In .NET an <see cref="OperationCanceledException"/> says so instead.</summary>
    Cancelled = 1,

    /// <summary>2: the back end failed in a way that is not recognised.</summary>
    Unknown = 2,

    /// <summary>3: the request itself is wrong, whatever the state of the back end.</summary>
    InvalidArgument = 3,

    /// <summary>4: time ran out; a change may or may not have happened.</summary>
    DeadlineExceeded = 4,

    /// <summary>5: the volume, snapshot or file is not there.</summary>
    NotFound = 5,

    /// <summary>6: the name is taken by something else.</summary>
    AlreadyExists = 6,

    /// <summary>7: the back end refuses this caller.</summary>
    PermissionDenied = 7,

    /// <summary>8: space, quota or a count limit is used up.</summary>
    ResourceExhausted = 8,

    /// <summary>9: the system is not in the state that the call needs.</summary>
    FailedPrecondition = 9,

    /// <summary>10: another operation is in the way; it may pass.</summary>
    Aborted = 10,

    /// <summary>11: an offset beyond the end.</summary>
    OutOfRange = 11,

    /// <summary>12: this engine or volume cannot do it.</summary>
    Unimplemented = 12,

    /// <summary>13: a rule of ours was broken; a bug.</summary>
    Internal = 13,

    /// <summary>14: the back end cannot be reached now.</summary>
    Unavailable = 14,

    /// <summary>15: data is damaged or lost.</summary>
    DataLoss = 15,

    /// <summary>16: the credentials are missing or wrong.</summary>
    Unauthenticated = 16,
}
