using StorageEngines.Posix;

namespace StorageEngines;

/// <summary>Turns failures of the operating system into the library's errors.</summary>
internal static class PortableErrors
{
    /// <summary>Makes the library's error of a failed system call.</summary>
    /// <param name="error">What failed.</param>
    /// <param name="operation">What was being done, e.g. <c>apply</c>.</param>
    /// <param name="subject">To what; printed.</param>
    /// <param name="instead">What to do about it; null for what usually helps. Default: null.</param>
    internal static StorageEngineException From(PosixException error, string operation, string subject, string? instead = null)
    {
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = error.Errno switch
        {
            Errno.ENOENT or Errno.ENOTDIR => (EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest, "check the path"),
            Errno.EEXIST => (EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, "something is there already; choose another path"),
            Errno.EACCES or Errno.EPERM => (EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction, "run as a user who may do this"),
            Errno.ENOSPC or Errno.EDQUOT => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction, "free some space and try again"),
            Errno.EFBIG => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction, "the file system does not hold files of this size"),
            Errno.EROFS => (EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Recovery.OperatorAction, "the file system is read-only"),
            Errno.EBUSY => (EngineStatus.FailedPrecondition, EngineReason.Locked, Recovery.OperatorAction, "it is in use; unmount it first"),
            Errno.EISDIR or Errno.EINVAL or Errno.ENAMETOOLONG or Errno.ELOOP =>
                (EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, "check the path"),
            _ => (EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, "look at the system's log"),
        };
        return new StorageEngineException(status, reason, recovery, $"Cannot {operation} '{subject}': {error.Message}; {instead ?? advice}.", error)
        {
            Operation = operation,
            BackendCode = Errno.Name(error.Errno),
            BackendText = error.Message,
        };
    }
}
