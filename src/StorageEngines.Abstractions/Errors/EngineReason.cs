namespace StorageEngines;

/// <summary>Why a call failed, for programs. New reasons may be added; treat one you do not know as <see cref="None"/>.</summary>
public enum EngineReason
{
    /// <summary>No reason beyond the status.</summary>
    None,

    /// <summary>Change tracking is not switched on for this volume.</summary>
    ChangeTrackingOff,

    /// <summary>Tracking was on, but what it knew is gone (crash, reset, expiry).</summary>
    ChangeTrackingLost,

    /// <summary>The base's data or anchor is no longer there.</summary>
    BaseMissing,

    /// <summary>Base and target are not of one lineage.</summary>
    UnrelatedSnapshots,

    /// <summary>The base is newer than the target.</summary>
    WrongOrder,

    /// <summary>The volume now under this name is not the one that the base was taken of.</summary>
    VolumeReplaced,

    /// <summary>The snapshot is in use by a clone, a mount or a running operation.</summary>
    SnapshotBusy,

    /// <summary>Somebody holds the snapshot.</summary>
    HeldByOther,

    /// <summary>A group's members could not be taken at one instant.</summary>
    GroupNotConsistent,

    /// <summary>A roll back would destroy newer snapshots and was not told to.</summary>
    NewerSnapshotsExist,

    /// <summary>The place to resume from is no longer valid.</summary>
    ResumeTokenStale,

    /// <summary>What is to be changed is not the base that the difference was made from.</summary>
    BaseMismatch,

    /// <summary>Foreign bytes (a stream, a store object, an answer) are damaged or cut short.</summary>
    StreamCorrupt,

    /// <summary>A program that is needed is not installed.</summary>
    ToolMissing,

    /// <summary>A program that is needed is too old or too new.</summary>
    ToolVersion,

    /// <summary>The volume is not there.</summary>
    VolumeMissing,

    /// <summary>The snapshot is not there.</summary>
    SnapshotMissing,

    /// <summary>The name is taken.</summary>
    NameTaken,

    /// <summary>A stored format is newer than this version reads.</summary>
    FormatTooNew,

    /// <summary>Another process holds the lock.</summary>
    Locked,

    /// <summary>No space is left, or a quota is used up.</summary>
    NoSpace,

    /// <summary>The place is read-only.</summary>
    ReadOnly,

    /// <summary>The capability is not there.</summary>
    NotSupported,

    /// <summary>A path would leave the place it belongs to.</summary>
    UnsafePath,

    /// <summary>The connection to the host was lost or stalled.</summary>
    ConnectionLost,

    /// <summary>The host's key or certificate is not the expected one.</summary>
    HostNotTrusted,

    /// <summary>A file did not hold still while it was read.</summary>
    ChangedWhileRead,

    /// <summary>The change map is not complete where it has to be.</summary>
    VerificationFailed,
}
