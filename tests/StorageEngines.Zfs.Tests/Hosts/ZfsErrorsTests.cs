using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Zfs.Tests.Hosts;

/// <summary>The words of failures. Those of "Seen" were written by zfs 2.3.9 (Debian 13); the others are in the sources of the release that is named.</summary>
public sealed class ZfsErrorsTests
{
    private const string Usage = "\nusage:\n\tsnapshot [-r] [-o property=value] ... <filesystem|volume>@<snap> ...\n";

    [Theory]
    [InlineData(1, "cannot open 'tank/x': dataset does not exist", EngineStatus.NotFound, EngineReason.VolumeMissing)]
    [InlineData(1, "cannot open 'tank/fs@nope': dataset does not exist", EngineStatus.NotFound, EngineReason.SnapshotMissing)]
    [InlineData(1, "cannot open 'nopool': no such pool", EngineStatus.NotFound, EngineReason.VolumeMissing)]
    [InlineData(2, "cannot open 'tank/nope': dataset does not exist" + Usage, EngineStatus.NotFound, EngineReason.VolumeMissing)]
    [InlineData(1, "cannot create snapshot 'tank/fs@a': dataset already exists", EngineStatus.AlreadyExists, EngineReason.NameTaken)]
    [InlineData(1, "cannot create snapshot 'tank/vol@x': dataset already exists\nno snapshots were created", EngineStatus.AlreadyExists, EngineReason.NameTaken)]
    [InlineData(1, "cannot create snapshot 'tank/fs@b@d': multiple '@' and/or '#' delimiters in name", EngineStatus.InvalidArgument, EngineReason.None)]
    [InlineData(1, "cannot create snapshot 'tank/fs@bad/name': trailing slash in name", EngineStatus.InvalidArgument, EngineReason.None)]
    [InlineData(2, Usage, EngineStatus.Internal, EngineReason.None)]
    [InlineData(1, "cannot destroy snapshot tank/fs@a: it's being held. Run 'zfs holds -r tank/fs@a' to see holders.", EngineStatus.FailedPrecondition, EngineReason.HeldByOther)]
    [InlineData(1, "cannot destroy 'tank/fs@b': snapshot has dependent clones\nuse '-R' to destroy the following datasets:\ntank/cl", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy)]
    [InlineData(1, "could not find any snapshots to destroy; check snapshot names.", EngineStatus.NotFound, EngineReason.SnapshotMissing)]
    [InlineData(1, "cannot destroy 'tank/fs': filesystem has children\nuse '-r' to destroy the following datasets:\ntank/fs@a\ntank/fs@bad name", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy)]
    [InlineData(1, "warning: cannot send 'tank/v': target is busy; if a filesystem, it must not be mounted.", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy)]
    [InlineData(1, "cannot destroy 'tank/z': dataset is busy", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy)]
    [InlineData(1, "cannot destroy snapshot tank/fs@a: dataset is busy", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy)]
    [InlineData(1, "cannot rollback to 'X': more recent snapshots or bookmarks exist\nuse '-r' to force deletion of the following snapshots and bookmarks:\ntank/fs@x", EngineStatus.FailedPrecondition, EngineReason.NewerSnapshotsExist)]
    [InlineData(1, "cannot rollback to 'tank/fs@a': clones of previous snapshots exist\nuse '-R' to force deletion of the following clones and dependents:\ntank/cl", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy)]
    [InlineData(1, "cannot create 'tank/cl': dataset already exists", EngineStatus.AlreadyExists, EngineReason.NameTaken)]
    [InlineData(1, "cannot create 'nopool/cl': no such pool 'nopool'", EngineStatus.NotFound, EngineReason.VolumeMissing)]
    [InlineData(1, "cannot hold snapshot 'tank/fs@a': tag already exists on this dataset", EngineStatus.AlreadyExists, EngineReason.NameTaken)]
    [InlineData(1, "cannot release hold from snapshot 'tank/fs@a': no such tag on this dataset", EngineStatus.NotFound, EngineReason.None)]
    [InlineData(1, "cannot create bookmark 'tank/fs#a': bookmark exists", EngineStatus.AlreadyExists, EngineReason.NameTaken)]
    [InlineData(1, "warning: cannot send 'tank/fs@b': not an earlier snapshot from the same fs", EngineStatus.InvalidArgument, EngineReason.UnrelatedSnapshots)]
    [InlineData(1, "Unable to obtain diffs: \n   Not an earlier snapshot from the same fs", EngineStatus.InvalidArgument, EngineReason.UnrelatedSnapshots)]
    [InlineData(1, "cannot open 'tank/vol': operation not applicable to datasets of this type\nNot an earlier snapshot from the same fs: invalid name", EngineStatus.InvalidArgument, EngineReason.UnrelatedSnapshots)]
    [InlineData(1, "cannot open 'tank/vol': operation not applicable to datasets of this type", EngineStatus.InvalidArgument, EngineReason.NotSupported)]
    [InlineData(1, "Unable to obtain diffs: No such file or directory", EngineStatus.NotFound, EngineReason.SnapshotMissing)]
    [InlineData(1, "cannot create snapshots : permission denied", EngineStatus.PermissionDenied, EngineReason.None)]
    [InlineData(1, "cannot destroy snapshots: permission denied", EngineStatus.PermissionDenied, EngineReason.None)]
    [InlineData(1, "warning: cannot send 'tank/fs@a': permission denied", EngineStatus.PermissionDenied, EngineReason.None)]
    [InlineData(1, "Unable to obtain diffs: \n   The sys_mount privilege or diff delegated permission is needed\n   to execute the diff ioctl", EngineStatus.PermissionDenied, EngineReason.None)]
    [InlineData(1, "cannot create snapshots : pool is read-only", EngineStatus.FailedPrecondition, EngineReason.ReadOnly)]
    [InlineData(1, "cannot create snapshots : out of space", EngineStatus.ResourceExhausted, EngineReason.NoSpace)]
    [InlineData(1, "cannot receive new filesystem stream: out of space", EngineStatus.ResourceExhausted, EngineReason.NoSpace)]
    [InlineData(1, "cannot create 'small/v': out of space", EngineStatus.ResourceExhausted, EngineReason.NoSpace)]
    [InlineData(1, "cannot receive incremental stream: destination 'tank/r1' does not exist", EngineStatus.NotFound, EngineReason.VolumeMissing)]
    [InlineData(1, "cannot receive new filesystem stream: destination 'tank/r1' exists\nmust specify -F to overwrite it", EngineStatus.AlreadyExists, EngineReason.NameTaken)]
    [InlineData(1, "cannot receive incremental stream: destination tank/r1 has been modified\nsince most recent snapshot", EngineStatus.FailedPrecondition, EngineReason.BaseMismatch)]
    [InlineData(1, "cannot receive new filesystem stream: incomplete stream", EngineStatus.Aborted, EngineReason.StreamCorrupt)]
    [InlineData(1, "cannot receive new filesystem stream: checksum mismatch or incomplete stream.\nPartially received snapshot is saved.", EngineStatus.Aborted, EngineReason.StreamCorrupt)]
    [InlineData(1, "cannot receive new filesystem stream: checksum mismatch", EngineStatus.DataLoss, EngineReason.StreamCorrupt)]
    [InlineData(1, "cannot receive: invalid stream (bad magic number)", EngineStatus.DataLoss, EngineReason.StreamCorrupt)]
    [InlineData(255, "cannot resume send: resume token is corrupt (incorrect checksum)", EngineStatus.FailedPrecondition, EngineReason.ResumeTokenStale)]
    [InlineData(22, "redaction snapshot must be descendent of snapshot being redacted", EngineStatus.InvalidArgument, EngineReason.UnrelatedSnapshots)]
    [InlineData(17, "specified redaction bookmark (x) provided already exists", EngineStatus.AlreadyExists, EngineReason.NameTaken)]
    [InlineData(1, "cannot promote 'tank/fs': not a cloned filesystem", EngineStatus.FailedPrecondition, EngineReason.NotSupported)]
    [InlineData(1, "The ZFS modules cannot be auto-loaded.\nTry running 'modprobe zfs' as root to manually load them.", EngineStatus.FailedPrecondition, EngineReason.ToolMissing)]
    public void Words_that_were_seen_are_known(int exitCode, string text, EngineStatus status, EngineReason reason) => Check(exitCode, text, status, reason);

    [Theory]
    [InlineData("0.8", "cannot open 'tank/x': no such pool or dataset", EngineStatus.NotFound, EngineReason.VolumeMissing)]
    [InlineData("2.1", "cannot destroy 'tank/z': pool or dataset is busy", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy)]
    [InlineData("2.1", "Permission denied the ZFS utilities must be run as root.", EngineStatus.PermissionDenied, EngineReason.None)]
    [InlineData("2.1", "cannot mount 'tank/c': failed to create mountpoint: Permission denied", EngineStatus.PermissionDenied, EngineReason.None)]
    [InlineData("2.1", "filesystem successfully created, but it may only be mounted by root", EngineStatus.PermissionDenied, EngineReason.None)]
    [InlineData("2.1", "cannot create 'tank/ü': invalid character 'ü' in name", EngineStatus.InvalidArgument, EngineReason.None)]
    [InlineData("2.1", "cannot create snapshot 'tank/x@y': name is too long", EngineStatus.InvalidArgument, EngineReason.None)]
    [InlineData("2.1", "cannot open 'tank': pool I/O is currently suspended", EngineStatus.Unavailable, EngineReason.None)]
    [InlineData("2.1", "warning: cannot send 'tank/e@a': dataset key must be loaded", EngineStatus.FailedPrecondition, EngineReason.None)]
    [InlineData("2.1", "cannot receive incremental stream: most recent snapshot of tank/r1 does not\nmatch incremental source", EngineStatus.FailedPrecondition, EngineReason.BaseMismatch)]
    [InlineData("2.1", "cannot resume send: 'tank/fs@a' used in the initial send no longer exists", EngineStatus.FailedPrecondition, EngineReason.ResumeTokenStale)]
    [InlineData("2.1", "cannot resume send: incremental source 0x1234 no longer exists", EngineStatus.FailedPrecondition, EngineReason.ResumeTokenStale)]
    [InlineData("2.1", "bad property list: invalid property 'redact_snaps'", EngineStatus.FailedPrecondition, EngineReason.ToolVersion)]
    [InlineData("none known", "cannot create snapshots : snapshot limit exceeded", EngineStatus.ResourceExhausted, EngineReason.NoSpace)]
    [InlineData("none known", "cannot create 'tank/c': dataset quota exceeded", EngineStatus.ResourceExhausted, EngineReason.NoSpace)]
    [InlineData("zfs-fuse 0.7", "cannot rollback to 'zf/a@s1': more recent snapshots exist\nuse '-r' to force deletion of the following snapshots:\nzf/a@s2", EngineStatus.FailedPrecondition, EngineReason.NewerSnapshotsExist)]
    [InlineData("zfs-fuse 0.7", "invalid option 'p'", EngineStatus.FailedPrecondition, EngineReason.ToolVersion)]
    public void Words_of_other_releases_are_known(string release, string text, EngineStatus status, EngineReason reason)
    {
        Assert.NotEmpty(release);
        Check(1, text, status, reason);
    }

    [Fact]
    public void Names_in_the_way_are_blockers()
    {
        const string Text = "cannot rollback to 'tank/fs@a': more recent snapshots or bookmarks exist\nuse '-r' to force deletion of the following snapshots and bookmarks:\ntank/fs@x\ntank/fs@bad name";
        var error = Assert.IsType<SnapshotInUseException>(ZfsErrors.Recognise("roll back", "tank/fs@a", 1, Text, "host"));
        Assert.Equal(["tank/fs@x", "tank/fs@bad name"], error.Blockers);
        Assert.Contains("tank/fs@bad name", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_missing_is_named_as_the_program_names_it()
    {
        var snapshot = Assert.IsType<SnapshotNotFoundException>(ZfsErrors.Recognise("send", "subject", 1, "cannot open 'tank/fs@nope': dataset does not exist", "host"));
        Assert.Equal(("nope", "tank/fs"), (snapshot.Snapshot, snapshot.Volume));
        var volume = Assert.IsType<VolumeNotFoundException>(ZfsErrors.Recognise("send", "subject", 1, "cannot open 'tank/fs': dataset does not exist", "host"));
        Assert.Contains("tank/fs", volume.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_words_are_passed_on()
    {
        var error = Assert.IsType<StorageCommandException>(ZfsErrors.Recognise("send", "tank/fs@a", 3, "the moon is full\n", "host"));
        Assert.Equal((EngineStatus.Unknown, 3, "host"), (error.Status, error.ExitCode, error.Host));
        Assert.Contains("the moon is full", error.Message, StringComparison.Ordinal);
        Assert.Equal(EngineReason.ToolMissing, ZfsErrors.Recognise("send", "tank/fs@a", 127, "", "host").Reason);
    }

    private static void Check(int exitCode, string text, EngineStatus status, EngineReason reason)
    {
        StorageEngineException error = ZfsErrors.Recognise("do something with", "tank/fs@a", exitCode, text, "host");
        Assert.Equal((status, reason), (error.Status, error.Reason));
        Assert.Equal("zfs", error.Engine);
        Assert.NotEmpty(error.BackendText!);
    }
}
