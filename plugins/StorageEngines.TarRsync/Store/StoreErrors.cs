using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>Turns what the system says about the store into errors that say what to do.</summary>
internal static class StoreErrors
{
    /// <summary>The error of a system call on the store.</summary>
    internal static StorageEngineException From(PosixException error, string what)
    {
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = error.Errno switch
        {
            Errno.ENOSPC or Errno.EDQUOT => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
                "free some space or delete snapshots; nothing half-written was published"),
            Errno.EROFS => (EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Recovery.FixRequest,
                "the store lies on a read-only file system; mount it writable or use another store"),
            Errno.EACCES or Errno.EPERM => (EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction,
                "the user needs access to the store's directory"),
            Errno.EMFILE => (EngineStatus.ResourceExhausted, EngineReason.None, Recovery.RetryAfterBackoff, "too many files are open"),
            Errno.ENOENT => (EngineStatus.Aborted, EngineReason.None, Recovery.Retry, "it was removed meanwhile; try again"),
            _ => (EngineStatus.Internal, EngineReason.None, Recovery.OperatorAction, "check the disk that holds the store"),
        };
        return new StorageEngineException(status, reason, recovery, $"{what}: {error.Message}; {advice}.", error)
        {
            BackendCode = Errno.Name(error.Errno),
        };
    }

    /// <summary>An object was written by a newer version.</summary>
    internal static StorageEngineException TooNew(string name, int major, int supported) => new(
        EngineStatus.FailedPrecondition,
        EngineReason.FormatTooNew,
        Recovery.OperatorAction,
        $"{name} has format version {major}; this program reads up to {supported}. Use a newer version of it.");

    /// <summary>A damaged object, with the place.</summary>
    internal static CorruptDataException Corrupt(string name, long? offset, string detail) => new(name, offset, detail);

    /// <summary>The store is open for reading only.</summary>
    internal static StorageEngineException OpenForReading(string directory) => new(
        EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Recovery.FixRequest, $"The store '{directory}' was opened for reading; open it for writing.");
}
