using System.Globalization;
using StorageEngines.CephRbd.Images;
using StorageEngines.Posix;

namespace StorageEngines.CephRbd;

/// <summary>
/// Tells failures apart by their error number, which librbd returns and <c>rbd</c> ends with. One number has several meanings (2 is a pool, an image, a namespace or a snapshot that is not there), so that who
/// asked adds what it was about.
/// </summary>
internal static class CephRbdErrors
{
    private const string Engine = CephRbdEngineFactory.SchemeName;

    /// <summary>The engine's error for a call that failed.</summary>
    /// <param name="failure">What failed.</param>
    internal static StorageEngineException Of(RbdFailure failure)
    {
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = Meaning(failure);
        string message = $"Cannot {failure.Operation} '{failure.Subject}': {advice}.{(failure.Words.Length == 0 ? "" : $" Ceph says: {failure.Words}")}";
        bool unknown = failure.IsChange && failure.Number is Errno.ETIMEDOUT or Errno.EIO or Errno.ESHUTDOWN;
        if (reason == EngineReason.SnapshotBusy)
        {
            return new SnapshotInUseException(reason, message, [failure.Subject]) { Engine = Engine, Operation = failure.Operation, BackendCode = Code(failure), BackendText = failure.Words };
        }

        return failure.IsCommand
            ? new StorageCommandException(status, reason, recovery, message)
            {
                Engine = Engine, Operation = failure.Operation, OutcomeUnknown = unknown, BackendCode = Code(failure), BackendText = failure.Words, StandardErrorTail = failure.Words, ExitCode = failure.Number, Host = failure.Host,
            }
            : new StorageEngineException(status, reason, recovery, message)
            { Engine = Engine, Operation = failure.Operation, OutcomeUnknown = unknown, BackendCode = Code(failure), BackendText = failure.Words };
    }

    /// <summary>The error for a change that was not made in time, with pools that take no more: Ceph lets who writes to them wait.</summary>
    internal static StorageEngineException Full(string operation, string subject, IReadOnlyList<string> pools) => new(
        EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
        $"Cannot {operation} '{subject}': {(pools.Count == 1 ? "the pool" : "the pools")} {string.Join(", ", pools.Select(each => $"'{each}'"))} {(pools.Count == 1 ? "is" : "are")} full, and whoever writes there waits; see 'ceph df' and 'ceph health detail', delete snapshots or images, or add disks.")
    { Engine = Engine, Operation = operation, OutcomeUnknown = true, BackendCode = Errno.Name(Errno.ETIMEDOUT) };

    /// <summary>A request that cannot be met with this image.</summary>
    internal static StorageEngineException NotSupported(EngineStatus status, string message)
        => new(status, EngineReason.NotSupported, Recovery.FixRequest, message) { Engine = Engine };

    /// <summary>The error for a name that something has.</summary>
    internal static StorageEngineException NameTaken(string message)
        => new(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, message) { Engine = Engine };

    /// <summary>The error for a stream that does not fit an image.</summary>
    internal static BaseMismatchException Mismatch(string expected, string? found, string message) => new(expected, found, $"{message}. Nothing was written.") { Engine = Engine, Operation = "apply" };

    /// <summary>The error for a volume that is not there.</summary>
    internal static VolumeNotFoundException MissingVolume(string volume, bool replaced = false)
        => new(volume, replaced ? EngineReason.VolumeReplaced : EngineReason.VolumeMissing) { Engine = Engine };

    /// <summary>The error for a snapshot that is not there.</summary>
    internal static SnapshotNotFoundException MissingSnapshot(SnapshotRef snapshot)
        => new(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString()) { Engine = Engine };

    /// <summary>The error for a difference whose base is not there.</summary>
    /// <param name="target">What is to be compared with it.</param>
    internal static ChangeTrackingUnavailableException MissingBase(SnapshotRef target)
        => new(EngineReason.BaseMissing, $"The snapshot that '{target}' is to be compared with is gone; take a full copy.") { Engine = Engine };

    /// <summary>The error for a range that came back otherwise than it can be.</summary>
    internal static StorageEngineException Impossible(RbdImage image, string what)
        => new(EngineStatus.Internal, EngineReason.None, Recovery.OperatorAction, $"Ceph answers otherwise than is known here about '{image.Path}': {what}; please report it.") { Engine = Engine };

    private static (EngineStatus Status, EngineReason Reason, Recovery Recovery, string Advice) Meaning(RbdFailure failure) => failure.Number switch
    {
        Errno.EPERM or Errno.EACCES => (EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction,
            $"the user {failure.User} may not, or its key is missing or wrong; check 'ceph auth get {failure.User}' (it needs 'mon profile rbd' and 'osd profile rbd'), and that its keyring can be read here"),
        Errno.ETIMEDOUT => (EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff,
            $"the cluster did not answer within {failure.TimeoutSeconds} seconds; check 'ceph status', that monitors and OSDs can be reached from {failure.Host}, and 'ceph auth get {failure.User}': a user without any 'osd' right is not answered by Reef"),
        Errno.ESHUTDOWN => (EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.Retry, "the cluster has blocklisted this client, as it does with one that seemed dead while it held a lock; try again with a new connection"),
        Errno.ENOSPC or Errno.EDQUOT => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction,
            "the pool or the cluster is full, a quota is used up, or the image has as many snapshots as it may; see 'ceph df detail' and 'rbd snap limit', delete snapshots, or raise the limit"),
        Errno.EBUSY => (EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy, Recovery.OperatorAction, "it is in use: it is open elsewhere, protected, or has clones"),
        Errno.EROFS => (EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Recovery.OperatorAction, "it can only be read: another client has its lock and does not let go, or it is a mirror's copy"),
        Errno.EEXIST => (EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, "the name is taken; choose another one"),
        Errno.ENOENT => (EngineStatus.NotFound, EngineReason.VolumeMissing, Recovery.FixRequest, "the pool, the namespace, the image or the snapshot is not there (any more); list them, and check the name"),
        Errno.ENOSYS or Errno.EOPNOTSUPP => (EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest, "this image or this release of Ceph cannot do it"),
        _ => (EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, string.Create(CultureInfo.InvariantCulture, $"Ceph failed with error {failure.Number}")),
    };

    private static string Code(RbdFailure failure) => failure.Number.ToString(CultureInfo.InvariantCulture);
}
