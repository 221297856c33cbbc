using System.Globalization;
using StorageEngines.LvmThin.Hosts;

namespace StorageEngines.LvmThin;

/// <summary>
/// Tells LVM's failures apart. Its programs end with 5 whatever happened, so that only their words are left; each recogniser stands beside the text that was seen (LVM 2.03.31, dm 1.02.205,
/// thin-provisioning-tools 1.1.0, in the C locale).
/// </summary>
internal static class LvmErrors
{
    private const string Engine = LvmThinEngineFactory.SchemeName;

    /// <summary>The engine's error for a script that failed.</summary>
    /// <param name="operation">What was tried, e.g. <c>create snapshot</c>.</param>
    /// <param name="subject">On what, for people.</param>
    /// <param name="exitCode">The script's exit code.</param>
    /// <param name="words">What was written to standard error.</param>
    /// <param name="host">Where.</param>
    internal static StorageEngineException Recognise(string operation, string subject, int exitCode, string words, string host)
    {
        (EngineStatus status, EngineReason reason, Recovery recovery, string advice) = exitCode switch
        {
            ShellFunctions.Missing => Missing(words),
            ShellFunctions.Locked => (EngineStatus.Aborted, EngineReason.Locked, Recovery.RetryAfterBackoff, "another operation of this engine works on it; try again when it is done"),
            ShellFunctions.Replaced => (EngineStatus.NotFound, EngineReason.VolumeReplaced, Recovery.FixRequest, "it was removed or replaced in the meantime; resolve it again"),
            ShellFunctions.MetadataHeld => (EngineStatus.Aborted, EngineReason.Locked, Recovery.RetryAfterBackoff,
                "the thin pool's only metadata snapshot is held, and not by this engine; wait for the program that took it, or if none runs release it ('dmsetup message POOL 0 release_metadata_snap')"),
            _ => ByWords(words),
        };
        if (reason == EngineReason.SnapshotBusy)
        {
            return new SnapshotInUseException(reason, $"Cannot {operation} '{subject}': {advice}. Nothing was changed. {Tail(words)}", [subject]) { Engine = Engine, Operation = operation, BackendText = words };
        }

        return new StorageCommandException(status, reason, recovery, $"Cannot {operation} '{subject}' on {host}: {advice}. {Tail(words)}".TrimEnd())
        {
            Engine = Engine,
            Operation = operation,
            Host = host,
            ExitCode = exitCode,
            StandardErrorTail = words,
            BackendCode = exitCode.ToString(CultureInfo.InvariantCulture),
            BackendText = words,
        };
    }

    /// <summary>A request that cannot be met with this volume or place.</summary>
    internal static StorageEngineException NotSupported(EngineStatus status, string message)
        => new(status, EngineReason.NotSupported, Recovery.FixRequest, message) { Engine = Engine };

    /// <summary>The error for a name that something has.</summary>
    internal static StorageEngineException NameTaken(string message)
        => new(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, message) { Engine = Engine };

    private static (EngineStatus Status, EngineReason Reason, Recovery Recovery, string Advice) ByWords(string words)
    {
        bool Says(string text) => words.Contains(text, StringComparison.OrdinalIgnoreCase);
        return words switch
        {
            // WARNING: Running as a non-root user. Functionality may be unavailable. / /run/lock/lvm/P_global:aux: open failed: Permission denied
            _ when Says("non-root user") || Says("Permission denied") || Says("Operation not permitted")
                => (EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction, "LVM can be used by root only; log in as root"),

            // Logical Volume "vol1_s1" already exists in volume group "vg0"
            _ when Says("already exists in volume group") => (EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, "the name is taken; choose another one"),

            // Volume group "vgnope" not found / Failed to find logical volume "vg0/nope" / Snapshot origin LV nope not found in Volume group vg0. / Existing logical volume "x" not found in volume group "vg0"
            _ when Says("Volume group") && Says("not found") || Says("Failed to find logical volume")
                => (EngineStatus.NotFound, EngineReason.VolumeMissing, Recovery.FixRequest, "it does not exist; check the names, and that all disks of the volume group are there"),

            // Logical volume seng/fs contains a filesystem in use. / Logical volume seng/fs in use.
            _ when Says("in use") => (EngineStatus.FailedPrecondition, EngineReason.SnapshotBusy, Recovery.OperatorAction, "it is mounted, or a program has it open; unmount it, or end the program"),

            // Cannot create new thin volume, free space in thin pool seng/tp reached threshold. / Insufficient free space: … / … out of data space / metadata space
            _ when Says("reached threshold") || Says("insufficient free space") || Says("out of data space") || Says("out of metadata space") || Says("No space left")
                => (EngineStatus.ResourceExhausted, EngineReason.NoSpace, Recovery.OperatorAction, "the thin pool or the disk is full; delete snapshots, or extend it ('lvextend'; '--poolmetadatasize' for its metadata)"),

            // Read-only locking type set. Write locks are prohibited. / Command not permitted while … read-only
            _ when Says("Read-only locking type") || Says("read-only file system") => (EngineStatus.FailedPrecondition, EngineReason.ReadOnly, Recovery.OperatorAction, "LVM may only read here"),

            // Can't get lock for seng. / VG seng lock failed
            _ when Says("Can't get lock") || Says("lock failed") || Says("Resource temporarily unavailable")
                => (EngineStatus.Aborted, EngineReason.Locked, Recovery.RetryAfterBackoff, "another program has LVM's lock; try again later"),

            // thin_delta: Unable to find mapping tree for snap2 (999)
            _ when Says("Unable to find mapping tree") => (EngineStatus.NotFound, EngineReason.SnapshotMissing, Recovery.FixRequest, "a snapshot was removed in the meantime; list the snapshots"),
            _ => (EngineStatus.Unknown, EngineReason.None, Recovery.OperatorAction, "LVM failed"),
        };
    }

    private static (EngineStatus Status, EngineReason Reason, Recovery Recovery, string Advice) Missing(string words)
    {
        string package = words.Contains("thin_delta", StringComparison.Ordinal) ? "thin-provisioning-tools (device-mapper-persistent-data on Red Hat)"
            : words.Contains("dmsetup", StringComparison.Ordinal) ? "dmsetup (device-mapper on Red Hat)"
            : words.Contains("flock", StringComparison.Ordinal) || words.Contains("setsid", StringComparison.Ordinal) ? "util-linux" : "lvm2";
        return (EngineStatus.FailedPrecondition, EngineReason.ToolMissing, Recovery.OperatorAction, $"a program is not installed; install {package}");
    }

    private static string Tail(string words) => words.Length == 0 ? "" : $"It says: {words}";
}
