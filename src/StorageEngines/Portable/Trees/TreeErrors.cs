using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>Turns failed system calls into errors that say what to do.</summary>
internal static class TreeErrors
{
    /// <summary>A path that would leave the tree.</summary>
    internal static StorageEngineException Unsafe(string what, PosixException cause)
        => new(
            EngineStatus.InvalidArgument, EngineReason.UnsafePath, Recovery.FixRequest,
            $"{what}: the path is not safe: {cause.Message}. Do not trust the source of this stream.", cause);

    /// <summary>A call on a file of the target failed.</summary>
    internal static StorageEngineException Map(PosixException e, string operation)
    {
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = e.Errno switch
        {
            Errno.ENOSPC or Errno.EDQUOT => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction, "free space on the target's file system"),
            Errno.EACCES or Errno.EPERM => (EngineStatus.PermissionDenied, EngineReason.None, Recovery.FixRequest, "run as the owner of the target or as root"),
            Errno.EROFS => (EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Recovery.OperatorAction, "the target's file system is mounted for reading only"),
            Errno.ELOOP or Errno.EXDEV => (EngineStatus.InvalidArgument, EngineReason.UnsafePath, Recovery.FixRequest, "the path is not safe; do not trust the source of this stream"),
            Errno.ENOENT or Errno.EEXIST or Errno.ENOTDIR or Errno.EISDIR or Errno.ENOTEMPTY =>
                (EngineStatus.FailedPrecondition, EngineReason.BaseMismatch, Recovery.FixRequest, "the target is not the tree that the stream was made for"),
            Errno.EBUSY => (EngineStatus.FailedPrecondition, EngineReason.None, Recovery.FixRequest, "the target is a mount point or in use; name a directory below it"),
            Errno.EOPNOTSUPP => (EngineStatus.FailedPrecondition, EngineReason.NotSupported, Recovery.FixRequest, "the target's file system cannot do this; choose another one"),
            _ => (EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, "look at the system's log"),
        };
        return new StorageEngineException(status, reason, recovery, $"{operation}: {e.Message}; {advice}.", e) { Operation = operation, BackendCode = Errno.Name(e.Errno) };
    }

    /// <summary>What stopped the application of a difference in its middle, told together with what is left; null for what is not known here.</summary>
    internal static Exception? Partial(Exception cause, BytePath target, BytePath aside)
    {
        string left = $"The partial tree is at '{aside}'; remove it and restore the base again";
        return cause switch
        {
            PosixException e => Map(e, $"Applying to '{target}' failed. {left}"),
            OperationCanceledException e => new OperationCanceledException($"Applying to '{target}' was cancelled. {left}.", e, e.CancellationToken),
            IOException or CorruptDataException => new StorageEngineException(
                EngineStatus.Aborted, EngineReason.StreamCorrupt, Recovery.Retry,
                $"Applying to '{target}' failed: the stream could not be read again: {cause.Message} {left}.", cause),
            _ => null,
        };
    }
}
