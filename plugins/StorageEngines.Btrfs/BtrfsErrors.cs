using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs;

/// <summary>Turns errors of the system into errors of the engine that name the thing and say what to do. They are told apart by number, never by text.</summary>
internal static class BtrfsErrors
{
    private const int NotATerminal = Errno.ENOTTY;
    private const int ProtocolError = 71;

    /// <summary>The engine's error for a failed call.</summary>
    /// <param name="error">The system's error.</param>
    /// <param name="operation">What was tried, e.g. <c>create snapshot</c>.</param>
    /// <param name="what">On what, for people.</param>
    internal static StorageEngineException From(PosixException error, string operation, string what)
    {
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = error.Errno switch
        {
            Errno.EPERM or Errno.EACCES => (EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction,
                "permission denied; run as root or with CAP_SYS_ADMIN (a subvolume's owner may snapshot it, and delete it where it is mounted with user_subvol_rm_allowed)"),
            Errno.ENOSPC or Errno.EDQUOT => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
                "no space or quota is left; delete snapshots or add space ('btrfs filesystem usage' shows which kind is full) and try again"),
            Errno.EROFS => (EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Recovery.OperatorAction, "the file system is mounted read-only; mount it for writing"),
            Errno.ENOENT or Errno.ENOTDIR => (EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest, "it does not exist; check the path, and that it is mounted"),
            Errno.EEXIST => (EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, "something is there already; choose another place or move it away"),
            Errno.EXDEV => (EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest, "the two are on different file systems; choose a place on the volume's own Btrfs"),
            Errno.ENAMETOOLONG => (EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, "the name is too long; use one of at most 255 bytes"),
            NotATerminal => (EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest, "it is not on Btrfs; use another engine for it"),
            Errno.ETXTBSY => (EngineStatus.FailedPrecondition, EngineReason.NotSupported, Recovery.OperatorAction, "it holds an active swap file; switch it off (swapoff), or keep it in a subvolume of its own"),
            Errno.EAGAIN or Errno.EBUSY => (EngineStatus.Aborted, EngineReason.None, Recovery.RetryAfterBackoff, "a deduplication, balance or another operation is in the way; try again later"),
            Errno.EIO => (EngineStatus.DataLoss, EngineReason.None, Recovery.OperatorAction, "the device or the file system's data is damaged; see the kernel's log and run 'btrfs scrub'"),
            ProtocolError => (EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest, "this kernel does not send that version of the stream; ask for version 1"),
            _ => (EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, error.Message),
        };
        return new StorageEngineException(status, reason, recovery, $"Cannot {operation} '{what}': {advice}.", error)
        {
            Engine = BtrfsEngineFactory.SchemeName,
            Operation = operation,
            BackendCode = Errno.Name(error.Errno),
            BackendText = error.Message,
        };
    }

    /// <summary>The error for a snapshot that something keeps from being deleted.</summary>
    internal static SnapshotInUseException Busy(SnapshotEntry snapshot, PosixException error)
        => new(EngineReason.SnapshotBusy, $"The snapshot '{snapshot.Name}' at '{snapshot.Path}' is being sent, is mounted, or is the default subvolume; wait for the send, or unmount it.", [])
        { Engine = BtrfsEngineFactory.SchemeName, BackendCode = Errno.Name(error.Errno) };

    /// <summary>The error for a volume in whose place another subvolume is.</summary>
    internal static VolumeNotFoundException Replaced(VolumePlace place) => new(place.Location.ToString(), EngineReason.VolumeReplaced) { Engine = BtrfsEngineFactory.SchemeName };

    /// <summary>A request that cannot be met with this volume or place.</summary>
    internal static StorageEngineException NotSupported(EngineStatus status, string message)
        => new(status, EngineReason.NotSupported, Recovery.FixRequest, message) { Engine = BtrfsEngineFactory.SchemeName };
}
