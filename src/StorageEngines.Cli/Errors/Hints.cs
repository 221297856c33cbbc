namespace StorageEngines.Cli.Errors;

/// <summary>What a person can do about a failure: from the reason where it says enough, else from the recovery.</summary>
internal static class Hints
{
    internal static string? For(StorageEngineException error) => error.Reason switch
    {
        EngineReason.StreamCorrupt when error is CorruptDataException { DamagedObject: ['/', ..] } =>
            "snapshots that do not need it are not affected; 'restore --salvage' brings back what is whole of those that do",
        EngineReason.NoSpace when error.Engine is null => "free some space or choose another place",
        _ => ForReason(error.Reason) ?? ForStatus(error.Status) ?? ForRecovery(error.Recovery),
    };

    private static string? ForReason(EngineReason reason) => reason switch
    {
        EngineReason.ChangeTrackingOff => "switch change tracking on for the volume, or ask with --fallback allocated or --fallback full",
        EngineReason.ChangeTrackingLost => "take a full copy once (--fallback allocated or --fallback full); the next snapshot can be a base again",
        EngineReason.BaseMissing => "see what is left with 'snapshot list VOLUME'; without the base only a full copy is possible (export without --base)",
        EngineReason.UnrelatedSnapshots => "compare two snapshots of one volume with no rollback between them, or export the target without --base",
        EngineReason.WrongOrder => "give the older snapshot first",
        EngineReason.VolumeReplaced => "another volume is under this name now: take a full copy of it",
        EngineReason.SnapshotBusy => "end what uses the snapshot, then try again",
        EngineReason.HeldByOther => "see the holds with 'snapshot list VOLUME', and take yours back with 'snapshot release VOLUME@NAME --owner OWNER'",
        EngineReason.GroupNotConsistent => "take the snapshots one by one, or bring what writes to the volumes to rest first",
        EngineReason.NewerSnapshotsExist => "give --destroy-newer to lose the newer snapshots, or 'snapshot clone' to keep them",
        EngineReason.ResumeTokenStale => "start again without the resume token",
        EngineReason.BaseMismatch => "restore the base first ('restore VOLUME@BASE DEST') and apply to that; --skip-base-check applies anyway, at your risk",
        EngineReason.StreamCorrupt => "nothing was changed: get the difference again, whole, and decompressed if it is compressed",
        EngineReason.ToolMissing => "install the program that the message names",
        EngineReason.ToolVersion => "install a version that the message names",
        EngineReason.VolumeMissing => "check the address, and that the file system is mounted; 'volumes' lists what the engines know of",
        EngineReason.SnapshotMissing => "'snapshot list VOLUME' shows which there are",
        EngineReason.NameTaken => "choose another name",
        EngineReason.FormatTooNew => "it was written by another version: use that one",
        EngineReason.Locked => "another process is at work on it; wait for its end",
        EngineReason.NoSpace => "free some space or choose another place (--store DIR)",
        EngineReason.ReadOnly => "the place is mounted read-only: choose another one, or mount it writable",
        EngineReason.NotSupported => "'probe VOLUME' shows what this volume can do",
        EngineReason.UnsafePath => "the stream names a path outside its target; do not trust where it came from",
        EngineReason.ConnectionLost => "check the connection to the host and try again",
        EngineReason.HostNotTrusted => "compare the host's key with what its administrator says, then add it to known_hosts",
        EngineReason.ChangedWhileRead => "take the snapshot when the file is at rest",
        EngineReason.VerificationFailed => "do not use this engine's increments for this volume; take full copies and report it",
        _ => null,
    };

    private static string? ForRecovery(Recovery recovery) => recovery switch
    {
        Recovery.Retry or Recovery.RetryAfterBackoff => "try again",
        Recovery.TakeFull => "take a full copy: export without --base, or ask with --fallback full",
        _ => null,
    };

    private static string? ForStatus(EngineStatus status) => status switch
    {
        EngineStatus.PermissionDenied => "check the rights of what the message names, or run as a user who has them",
        EngineStatus.NotFound => "check the path",
        _ => null,
    };
}
