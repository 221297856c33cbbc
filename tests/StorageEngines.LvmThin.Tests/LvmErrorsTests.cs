namespace StorageEngines.LvmThin.Tests;

public sealed class LvmErrorsTests
{
    [Theory]
    [InlineData(5, "  Logical Volume \"vol1_s1\" already exists in volume group \"vg0\"", EngineStatus.AlreadyExists, EngineReason.NameTaken)]
    [InlineData(5, "  Snapshot origin LV nope not found in Volume group vg0.", EngineStatus.NotFound, EngineReason.VolumeMissing)]
    [InlineData(5, "  Volume group \"vgnope\" not found\n  Cannot process volume group vgnope", EngineStatus.NotFound, EngineReason.VolumeMissing)]
    [InlineData(5, "  Failed to find logical volume \"vg0/nope\"", EngineStatus.NotFound, EngineReason.VolumeMissing)]
    [InlineData(5, "  Logical volume seng/fs contains a filesystem in use.", EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy)]
    [InlineData(5, "  Cannot create new thin volume, free space in thin pool vg0/tp reached threshold.", EngineStatus.ResourceExhausted, EngineReason.NoSpace)]
    [InlineData(5, "  WARNING: Running as a non-root user. Functionality may be unavailable.\n  /run/lock/lvm/P_global:aux: open failed: Permission denied", EngineStatus.PermissionDenied, EngineReason.None)]
    [InlineData(5, "  Can't get lock for vg0.", EngineStatus.Aborted, EngineReason.Locked)]
    [InlineData(64, "Unable to find mapping tree for snap2 (999)", EngineStatus.NotFound, EngineReason.SnapshotMissing)]
    [InlineData(5, "something new", EngineStatus.Unknown, EngineReason.None)]
    [InlineData(127, "sh: 1: lvs: not found", EngineStatus.FailedPrecondition, EngineReason.ToolMissing)]
    [InlineData(43, "metadata snapshot 89 of vg0-tp-tpool", EngineStatus.Aborted, EngineReason.Locked)]
    [InlineData(75, "", EngineStatus.Aborted, EngineReason.Locked)]
    public void Words_become_reasons(int exit, string words, EngineStatus status, EngineReason reason)
    {
        StorageEngineException error = LvmErrors.Recognise("create snapshot", "vg0/vol1", exit, words, "host");
        Assert.Equal((status, reason), (error.Status, error.Reason));
        Assert.Contains("vg0/vol1", error.Message, StringComparison.Ordinal);
        Assert.Equal("lvm-thin", error.Engine);
    }

    [Theory]
    [InlineData("thin_delta: not found", "thin-provisioning-tools")]
    [InlineData("sh: 1: lvcreate: not found", "lvm2")]
    [InlineData("flock: not found", "util-linux")]
    public void A_missing_program_is_told_with_its_package(string words, string package)
        => Assert.Contains(package, LvmErrors.Recognise("compare", "x", 127, words, "host").Message, StringComparison.Ordinal);
}
