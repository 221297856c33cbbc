namespace StorageEngines.Testing;

/// <summary>
/// A way in which an <see cref="InMemoryStorageEngine"/> breaks the contract on purpose. Each is a mistake that a real storage or driver has made; a
/// specification that does not notice one of them is not complete.
/// </summary>
public enum InMemoryFault
{
    /// <summary>None: the contract is kept.</summary>
    None,

    /// <summary>Block map: the first changed extent is missing.</summary>
    DropsAnExtent,

    /// <summary>Block map: extents come in descending order.</summary>
    ReportsUnsorted,

    /// <summary>Block map: the first extent comes twice.</summary>
    OverlapsExtents,

    /// <summary>Block map: the last extent ends one byte beyond the capacity.</summary>
    BeyondCapacity,

    /// <summary>All features: the token that cancels is not looked at.</summary>
    IgnoresCancellation,

    /// <summary>Block map: a query that is not read to its end leaves a hold on its target and a temporary snapshot.</summary>
    LeaksHold,

    /// <summary>Snapshots: a cancelled creation leaves the snapshot.</summary>
    LeavesSnapshotOnCancel,

    /// <summary>Block map and file diff: where it cannot know, it answers that nothing changed.</summary>
    AnswersEmptyWhenItCannotKnow,

    /// <summary>Block map: data is reported as zeroes.</summary>
    ZeroExtentNotZero,

    /// <summary>Block map: what lies beyond the base's capacity is missing.</summary>
    ForgetsGrownRange,

    /// <summary>Block map: the capacity changes from one batch to the next.</summary>
    WrongCapacityAcrossBatches,

    /// <summary>Block map: an empty answer has no batch.</summary>
    NoBatchWhenEmpty,

    /// <summary>Block map: batches are larger than was asked for.</summary>
    IgnoresMaxResults,

    /// <summary>Block map: an extent that begins before the starting offset and ends after it is missing.</summary>
    ResumesTooLate,

    /// <summary>Block map: the difference of a snapshot and itself is not empty.</summary>
    SelfDeltaNotEmpty,

    /// <summary>Block map: a base that is not of the target's lineage is taken; the answer is empty.</summary>
    AcceptsUnrelated,

    /// <summary>Block map: a base that is newer than the target is taken; the answer is empty.</summary>
    AcceptsReversed,

    /// <summary>Block map: the base of a volume that was made anew under the same name is taken; the answer is empty.</summary>
    AcceptsReplacedVolume,

    /// <summary>Snapshots: to create one that is there is an error.</summary>
    CreateNotIdempotent,

    /// <summary>Snapshots: to delete one that is gone is an error.</summary>
    DeleteNotIdempotent,

    /// <summary>Snapshots: the newest is listed first.</summary>
    ListsNewestFirst,

    /// <summary>Snapshots: a held one is deleted.</summary>
    IgnoresHolds,

    /// <summary>Snapshots: a roll back does not ask before it destroys newer ones.</summary>
    DestroysNewerUnasked,

    /// <summary>Snapshots: a roll back returns without having done anything.</summary>
    RollbackDoesNothing,

    /// <summary>Block map: after a roll back, a base of the abandoned branch is taken, and the answer is what changed since the roll back.</summary>
    StaleLineageAfterRollback,

    /// <summary>Differentials: a stream is applied to whatever is there.</summary>
    ApplyIgnoresBase,

    /// <summary>Differentials: a stream that ends early changes the volume.</summary>
    ApplyPublishesTruncated,

    /// <summary>Groups: a creation that fails leaves the first member's snapshot.</summary>
    GroupLeavesMember,

    /// <summary>Groups: members are cut one after the other, with time between them for a writer.</summary>
    GroupNotAtOneInstant,

    /// <summary>File diff: what was renamed is missing.</summary>
    MissesRename,

    /// <summary>File diff: what changed in nothing but mode, owner, times or attributes is missing.</summary>
    MissesMetadataChange,

    /// <summary>Block map: the live volume is read to answer.</summary>
    ReadsVolumeForDelta,

    /// <summary>Block map: the answer is the whole volume, and says that it is an exact delta of the storage's own.</summary>
    FallsBackSilently,

    /// <summary>Block map: extents begin one byte before a multiple of the granularity.</summary>
    WrongGranularity,

    /// <summary>Engine: it says that it can take groups, and has no such feature.</summary>
    CapabilitiesDisagree,

    /// <summary>Snapshot reader: a snapshot reads as the volume is now.</summary>
    SnapshotSeesLaterWrites,

    /// <summary>Block map: of several snapshots' changes only those since the one before the target are listed.</summary>
    MissesOlderChanges,

    /// <summary>Block map: what was discarded is missing.</summary>
    DropsDiscards,

    /// <summary>Block map: what was discarded is reported as data, although zeroes are promised.</summary>
    ReportsZeroesAsData,

    /// <summary>Snapshots: what is written while one is cut is in it, and in no difference.</summary>
    ForgetsWritesDuringCut,

    /// <summary>Snapshots: the second half of each is cut later than the first, and it says that it is one instant.</summary>
    TearsUnderWrite,

    /// <summary>Block map: changes are kept under names; after a rename of the volume or the base, it answers that nothing changed.</summary>
    TracksByName,

    /// <summary>Block map: from a base whose data was deleted, it answers that nothing changed.</summary>
    EmptyFromBaseWithoutData,

    /// <summary>Block map: the base is compared with the live volume instead of the target.</summary>
    ComparesWithLive,

    /// <summary>Snapshots: a list asks the storage about each snapshot by itself.</summary>
    ListsOneByOne,

    /// <summary>Snapshots: the live volume is read to cut one, and nothing says so.</summary>
    ReadsVolumeForSnapshot,

    /// <summary>File diff: that what was renamed over is gone is not said.</summary>
    ForgetsWhatWasRenamedOver,

    /// <summary>File diff: a file of several names is listed under one of them.</summary>
    MissesSecondName,

    /// <summary>File diff: names go through text, and bytes that are none are lost.</summary>
    NamesAreText,
}
