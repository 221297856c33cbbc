using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Streams;

/// <summary>What stops a stream that is being applied.</summary>
internal static class StreamErrors
{
    /// <summary>A command could not be carried out.</summary>
    /// <param name="error">The system's error.</param>
    /// <param name="reader">Where the stream is.</param>
    /// <param name="target">The volume, for people.</param>
    internal static StorageEngineException From(PosixException error, BtrfsSendReader reader, BytePath target)
    {
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = error.Errno switch
        {
            Errno.ENOSPC or Errno.EDQUOT => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction, "free space or quota, and apply again"),
            Errno.EACCES or Errno.EPERM => (EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction, "run as root"),
            Errno.EROFS => (EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Recovery.OperatorAction, "the file system is mounted read-only, or became so"),
            Errno.ELOOP or Errno.EXDEV => (EngineStatus.InvalidArgument, EngineReason.UnsafePath, Recovery.FixRequest, "the path is not safe; do not trust the source of this stream"),
            Errno.EIO => (EngineStatus.DataLoss, EngineReason.None, Recovery.OperatorAction, "the device or the file system's data is damaged; see the kernel's log"),
            Errno.EFBIG => (EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest, "the stream makes a file longer than the file system can hold"),
            Errno.EINVAL or Errno.ENAMETOOLONG or Errno.ERANGE or Errno.EOPNOTSUPP or Errno.EMLINK =>
                (EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest, "the stream asks for what the file system cannot do"),
            Errno.ENOENT or Errno.EEXIST or Errno.ENOTDIR or Errno.EISDIR or Errno.ENOTEMPTY or Errno.ENODATA or Errno.ENXIO or Errno.EBUSY =>
                (EngineStatus.FailedPrecondition, EngineReason.BaseMismatch, Recovery.FixRequest, "the base is not the tree that the stream was made from, or the stream is not what a sender makes"),
            _ => (EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, "see the kernel's log"),
        };
        return new StorageEngineException(
            status, reason, recovery, $"Btrfs send stream: byte {reader.CommandOffset}: command {reader.Command} cannot be carried out for '{target}': {error.Message}; {advice}. The volume is as it was.", error)
        {
            Engine = BtrfsEngineFactory.SchemeName,
            Operation = "apply",
            BackendCode = Errno.Name(error.Errno),
            BackendText = error.Message,
        };
    }

    /// <summary>The program on another host failed. Where it was in the stream is not known.</summary>
    /// <param name="error">What could be found out: a number, and the program's words.</param>
    /// <param name="target">The volume, for people.</param>
    internal static StorageEngineException FromProgram(PosixException error, BytePath target)
        => error.Errno != 0 ? BtrfsErrors.From(error, "apply a stream to", target.ToString()) : new StorageEngineException(
            EngineStatus.FailedPrecondition, EngineReason.BaseMismatch, Recovery.FixRequest,
            $"The stream cannot be carried out for '{target}': {error.Message}. The base is not the tree that the stream was made from, the stream is not what a sender makes, or the program there is older than the stream. The volume is as it was.", error)
        { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply", BackendText = error.Message };

    /// <summary>A link in the stream led out of the snapshot.</summary>
    internal static StorageEngineException Escaped()
        => new(EngineStatus.InvalidArgument, EngineReason.UnsafePath, Recovery.FixRequest,
            "Btrfs send stream: a path in it leads out of the snapshot by a symbolic link. It came no further than the snapshot's own directory, which was removed. Do not trust the source of this stream.")
        { Engine = BtrfsEngineFactory.SchemeName, Operation = "apply" };

    /// <summary>A difference was disturbed each time that it was read.</summary>
    /// <param name="what">What was read, for people.</param>
    /// <param name="error">How it was disturbed the last time.</param>
    internal static StorageEngineException Disturbed(string what, CorruptDataException error)
        => new(EngineStatus.Aborted, EngineReason.None, Recovery.RetryAfterBackoff,
            $"{what} was disturbed again and again: the file system begins it anew when its reader is stopped (SIGSTOP, a debugger, a suspend). Try again when nothing stops it. The last time: {error.Message}", error)
        { Engine = BtrfsEngineFactory.SchemeName };
}
