namespace StorageEngines.Zfs.Hosts;

/// <summary>
/// The words by which failures are known. Those marked "seen" were written by OpenZFS 2.3.9; the others are in the sources of the release that is named (lib/libzfs, cmd/zfs), or in those of
/// programs that read them, and were not seen. The first one that fits counts: what is special comes before what is general.
/// </summary>
internal static class ZfsErrorRules
{
    private const Recovery Fix = Recovery.FixRequest;
    private const Recovery Operator = Recovery.OperatorAction;

    /// <summary>All of them, in order.</summary>
    internal static IReadOnlyList<ZfsErrorRule> All { get; } =
    [
        // The module.
        new("The ZFS modules", EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Operator, "the kernel module is not loaded; 'modprobe zfs' loads it where it is installed"),
        new("/dev/zfs and /proc/self/mounts are required", EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Operator, "the host shows no /dev/zfs; a container needs the device"),

        // In the way. Seen, but for those with a release.
        new("it's being held", EngineStatus.FailedPrecondition, EngineReason.HeldByOther, Operator, "somebody holds it; release it first") { Make = InUse },
        new("dependent clones", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy, Operator, "it has clones; destroy or promote them first") { Make = InUse },
        new("clones of previous snapshots exist", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy, Operator, "newer snapshots have clones; destroy or promote them first") { Make = InUse },
        new("more recent snapshots", EngineStatus.FailedPrecondition, EngineReason.NewerSnapshotsExist, Operator, "newer snapshots or bookmarks would be destroyed; say that they may be, or clone the snapshot instead") { Make = InUse },
        new("target is busy", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy, Operator, "a program has it open, or it is mounted; end the program, or unmount it") { Make = InUse },
        new("dataset is busy", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy, Operator, "it is being sent or received, is mounted, or is held; wait, unmount or release it") { Make = InUse }, // 2.1: "pool or dataset is busy"
        new("has children", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy, Operator, "there are snapshots or datasets below it; they come first") { Make = InUse },

        // Rights.
        new("diff delegated permission is needed", EngineStatus.PermissionDenied, EngineReason.None, Operator, "permission denied; log in as root, or 'zfs allow USER diff DATASET'"),
        new("permission denied", EngineStatus.PermissionDenied, EngineReason.None, Operator, "permission denied; log in as root, or delegate it with 'zfs allow' (docs/engines/zfs.md says what each operation needs)"),
        new("Permission denied", EngineStatus.PermissionDenied, EngineReason.None, Operator, "permission denied; log in as root, or delegate it with 'zfs allow' (docs/engines/zfs.md says what each operation needs)"), // 2.1: "Permission denied the ZFS utilities must be run as root."
        new("may only be mounted by root", EngineStatus.PermissionDenied, EngineReason.None, Operator, "Linux lets only root mount; log in as root"), // 2.1, 2.4

        // Space and state of the pool.
        new("out of space", EngineStatus.ResourceExhausted, EngineReason.NoSpace, Operator, "no space, quota or snapshot limit is left; destroy snapshots, add space or raise the limit, and try again"),
        new("quota exceeded", EngineStatus.ResourceExhausted, EngineReason.NoSpace, Operator, "a quota is used up; raise it or destroy snapshots"), // In no source that was found; 2.3.9 says "out of space".
        new("limit exceeded", EngineStatus.ResourceExhausted, EngineReason.NoSpace, Operator, "the limit of snapshots or file systems is reached; raise it or destroy some"), // In no source that was found; 2.3.9 says "out of space".
        new("pool is read-only", EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Operator, "the pool is imported read-only; import it for writing"),
        new("Read-only file system", EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Operator, "the pool is imported read-only; import it for writing"), // 2.1
        new("I/O is currently suspended", EngineStatus.Unavailable, EngineReason.None, Operator, "the pool has lost devices and waits; see 'zpool status'"), // 2.1, 2.4
        new("I/O error", EngineStatus.DataLoss, EngineReason.None, Operator, "the pool's data is damaged; see 'zpool status -v' and scrub it"), // 2.1, 2.4
        new("key must be loaded", EngineStatus.FailedPrecondition, EngineReason.None, Operator, "its data is encrypted and the key is not loaded; 'zfs load-key' loads it"), // 2.1, 2.4: "dataset key must be loaded"
        new("Key not loaded", EngineStatus.FailedPrecondition, EngineReason.None, Operator, "its data is encrypted and the key is not loaded; 'zfs load-key' loads it"), // 2.1, 2.4
        new("encryption key not loaded", EngineStatus.FailedPrecondition, EngineReason.None, Operator, "its data is encrypted and the key is not loaded; 'zfs load-key' loads it"), // 2.1, 2.4

        // Streams.
        new("resume token is corrupt", EngineStatus.FailedPrecondition, EngineReason.ResumeTokenStale, Fix, "the token to resume from is damaged; begin anew"),
        new("used in the initial send no longer exists", EngineStatus.FailedPrecondition, EngineReason.ResumeTokenStale, Fix, "the snapshot that was being sent is gone; begin anew"), // 2.1, 2.4
        new("no longer exists", EngineStatus.FailedPrecondition, EngineReason.ResumeTokenStale, Fix, "the base of what was being sent is gone; begin anew"), // 2.1, 2.4: "incremental source 0x… no longer exists"
        new("incomplete stream", EngineStatus.Aborted, EngineReason.StreamCorrupt, Recovery.Retry, "the stream ended before its end record"),
        new("checksum mismatch", EngineStatus.DataLoss, EngineReason.StreamCorrupt, Operator, "the stream is damaged; fetch or make it again"),
        new("invalid stream", EngineStatus.DataLoss, EngineReason.StreamCorrupt, Operator, "it is no stream of 'zfs send', or is damaged at its beginning"),
        new("invalid backup stream", EngineStatus.DataLoss, EngineReason.StreamCorrupt, Operator, "the stream is damaged, or is not meant for this dataset"), // 2.1, 2.4
        new("has been modified", EngineStatus.FailedPrecondition, EngineReason.BaseMismatch, Operator, "the target was changed since its last snapshot; roll it back to that one first"),
        new("does not\nmatch incremental source", EngineStatus.FailedPrecondition, EngineReason.BaseMismatch, Operator, "the target's last snapshot is not the stream's base; make a stream from that one"), // 2.1, 2.4
        new("stream has unsupported feature", EngineStatus.FailedPrecondition, EngineReason.ToolVersion, Operator, "the stream needs a newer OpenZFS, or a feature that the pool has not enabled"), // 2.1, 2.4
        new("not an earlier snapshot from the same fs", EngineStatus.InvalidArgument, EngineReason.UnrelatedSnapshots, Recovery.TakeFull, "the two are not an older and a newer snapshot of one dataset; take a full copy") { Make = Unrelated },
        new("Not an earlier snapshot from the same fs", EngineStatus.InvalidArgument, EngineReason.UnrelatedSnapshots, Recovery.TakeFull, "the two are not an older and a newer snapshot of one dataset; take a full copy") { Make = Unrelated },
        new("is not earlier than it", EngineStatus.InvalidArgument, EngineReason.UnrelatedSnapshots, Recovery.TakeFull, "the two are not an older and a newer snapshot of one dataset; take a full copy") { Make = Unrelated }, // 2.1, 2.4

        // Taken.
        new("tag already exists", EngineStatus.AlreadyExists, EngineReason.NameTaken, Fix, "that owner holds it already"),
        new("bookmark exists", EngineStatus.AlreadyExists, EngineReason.NameTaken, Fix, "there is a bookmark of that name already"),
        new("provided already exists", EngineStatus.AlreadyExists, EngineReason.NameTaken, Fix, "there is a bookmark of that name already"),
        new("already exists", EngineStatus.AlreadyExists, EngineReason.NameTaken, Fix, "something has that name already; choose another one"),
        new("must specify -F to overwrite it", EngineStatus.AlreadyExists, EngineReason.NameTaken, Fix, "a dataset of that name is there already; choose another one"),

        // Not there.
        new("no such tag", EngineStatus.NotFound, EngineReason.None, Fix, "that owner does not hold it"),
        new("dataset does not exist", EngineStatus.NotFound, EngineReason.VolumeMissing, Fix, "it does not exist") { Make = Missing },
        new("no such pool or dataset", EngineStatus.NotFound, EngineReason.VolumeMissing, Fix, "it does not exist") { Make = Missing }, // 0.8, and 2.1 for pools
        new("no such pool", EngineStatus.NotFound, EngineReason.VolumeMissing, Fix, "there is no such pool; is it imported?") { Make = Missing },
        new("does not exist", EngineStatus.NotFound, EngineReason.VolumeMissing, Fix, "it does not exist") { Make = Missing },
        new("could not find any snapshots to destroy", EngineStatus.NotFound, EngineReason.SnapshotMissing, Fix, "it does not exist") { Make = Missing },
        new("No such file or directory", EngineStatus.NotFound, EngineReason.VolumeMissing, Fix, "it does not exist") { Make = Missing },

        // Wrong questions.
        new("operation not applicable to datasets of this type", EngineStatus.InvalidArgument, EngineReason.NotSupported, Fix, "that cannot be done with this kind of dataset"),
        new("must be descendent", EngineStatus.InvalidArgument, EngineReason.UnrelatedSnapshots, Recovery.TakeFull, "the two are not of one line; take a full copy") { Make = Unrelated },
        new("not a cloned filesystem", EngineStatus.FailedPrecondition, EngineReason.NotSupported, Fix, "it is not a clone"),
        new("delimiters in name", EngineStatus.InvalidArgument, EngineReason.None, Fix, "that is no name of a dataset or snapshot"),
        new("trailing slash in name", EngineStatus.InvalidArgument, EngineReason.None, Fix, "that is no name of a dataset or snapshot"),
        new("invalid character", EngineStatus.InvalidArgument, EngineReason.None, Fix, "that is no name of a dataset or snapshot: letters, digits, '-', '_', '.' and ':' may be in it"), // 2.1, 2.4
        new("name is too long", EngineStatus.InvalidArgument, EngineReason.None, Fix, "a name has at most 255 characters, with the names of all that is above it"), // 2.1, 2.4
        new("invalid property", EngineStatus.FailedPrecondition, EngineReason.ToolVersion, Operator, "this OpenZFS is too old; 2.1 or later is needed"), // 0.8
        new("unrecognized command", EngineStatus.FailedPrecondition, EngineReason.ToolVersion, Operator, "this OpenZFS is too old; 2.1 or later is needed"), // 0.8
        new("invalid option", EngineStatus.FailedPrecondition, EngineReason.ToolVersion, Operator, "this OpenZFS is too old; 2.1 or later is needed"), // zfs-fuse 0.7
        new("usage:", EngineStatus.Internal, EngineReason.None, Operator, "the program did not understand the question; please report it"),
    ];

    private static SnapshotInUseException InUse(ZfsFailure failure, ZfsErrorRule rule)
        => new(rule.Reason, ZfsErrors.Message(failure, rule) + (failure.Listed is { Count: > 0 } names ? " In the way: " + string.Join(", ", names.Take(20)) : ""), failure.Listed)
        { Engine = ZfsEngineFactory.SchemeName, Operation = failure.Operation, BackendText = failure.LineWith(rule.Text) };

    private static LineageBrokenException Unrelated(ZfsFailure failure, ZfsErrorRule rule)
        => new(EngineReason.UnrelatedSnapshots, ZfsErrors.Message(failure, rule)) { Engine = ZfsEngineFactory.SchemeName, Operation = failure.Operation, BackendText = failure.LineWith(rule.Text) };

    private static StorageEngineException Missing(ZfsFailure failure, ZfsErrorRule rule)
    {
        string name = rule.Reason == EngineReason.SnapshotMissing ? failure.Subject : failure.Name;
        string said = failure.LineWith(rule.Text);
        return name.IndexOfAny(['@', '#']) is var at and > 0
            ? new SnapshotNotFoundException(name[(at + 1)..], name[..at]) { Engine = ZfsEngineFactory.SchemeName, Operation = failure.Operation, BackendText = said }
            : new VolumeNotFoundException(name) { Engine = ZfsEngineFactory.SchemeName, Operation = failure.Operation, BackendText = said };
    }
}
