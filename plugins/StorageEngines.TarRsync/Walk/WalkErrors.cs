using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>Turns errors of the system into errors of the engine that name the path and say what to do.</summary>
internal static class WalkErrors
{
    /// <summary>The engine's error for a failed call.</summary>
    /// <param name="error">The system's error.</param>
    /// <param name="operation">What was tried, e.g. <c>read file</c>.</param>
    /// <param name="path">On what.</param>
    internal static StorageEngineException From(PosixException error, string operation, BytePath path)
    {
        string where = path.IsRoot ? "the volume's root" : $"'{path}'";
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = error.Errno switch
        {
            Errno.EACCES or Errno.EPERM => (EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction,
                "permission denied; run as a user who may do this, or as root"),
            Errno.ENOSPC or Errno.EDQUOT => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
                "no space is left; make room and try again"),
            Errno.EROFS => (EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Recovery.OperatorAction,
                "the file system is mounted read-only; mount it for writing, or choose another place"),
            Errno.ENOENT or Errno.ENOTDIR => (EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest,
                "it does not exist; check the path, and that it is mounted"),
            Errno.EEXIST => (EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                "something is there already; choose another place or move it away"),
            Errno.EMFILE => (EngineStatus.ResourceExhausted, EngineReason.None, Recovery.OperatorAction,
                "too many files are open; raise the limit (ulimit -n)"),
            _ => (EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, error.Message),
        };
        return new StorageEngineException(status, reason, recovery, $"Cannot {operation} {where}: {advice}.", error)
        {
            Engine = TarRsyncEngineFactory.SchemeName,
            Operation = operation,
            BackendCode = Errno.Name(error.Errno),
            BackendText = error.Message,
        };
    }
}
