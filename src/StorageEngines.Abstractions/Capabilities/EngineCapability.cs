namespace StorageEngines;

/// <summary>What an engine can do with a volume. Each flag goes with a feature interface; the specification tests check that they agree.</summary>
[Flags]
public enum EngineCapability : long
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Create, get, list and delete snapshots: <see cref="ISnapshots"/>.</summary>
    Snapshot = 1,

    /// <summary>A writable volume from a snapshot: <see cref="ISnapshots.CloneAsync"/>.</summary>
    Clone = 2,

    /// <summary>A volume back in place to a snapshot: <see cref="ISnapshots.RollbackAsync"/>.</summary>
    RollbackInPlace = 4,

    /// <summary>Marks that forbid deletion: <see cref="ISnapshots.HoldAsync"/>.</summary>
    Hold = 8,

    /// <summary>Several volumes at one instant: <see cref="IGroupSnapshots"/>.</summary>
    Group = 16,

    /// <summary>The allocated extents of one snapshot: <see cref="IBlockMap.AllocatedAsync"/>.</summary>
    Allocated = 32,

    /// <summary>The changed extents between two snapshots: <see cref="IBlockMap.DeltaAsync"/>.</summary>
    Delta = 64,

    /// <summary>The changed files between two snapshots: <see cref="IFileDiff"/>.</summary>
    FileDiff = 128,

    /// <summary>The engine's own serialized difference, written: <see cref="IDifferentials.ExportAsync"/>.</summary>
    ExportDiff = 256,

    /// <summary>The engine's own serialized difference, applied: <see cref="IDifferentials.ApplyAsync"/>.</summary>
    ApplyDiff = 512,

    /// <summary>Reading a snapshot's bytes: <see cref="ISnapshotReader"/>.</summary>
    ReadSnapshot = 1024,

    /// <summary>Deleting the data but keeping what a delta is computed from: <see cref="DeleteMode.DataOnly"/>.</summary>
    DeleteDataOnly = 2048,

    /// <summary>Resuming an interrupted export.</summary>
    ResumeExport = 4096,

    /// <summary>Listing a snapshot's files with their attributes: <see cref="ITreeReader"/>.</summary>
    ReadTree = 8192,

    /// <summary>How the volume differs now from a snapshot, found without taking one: <see cref="IPendingChanges"/>.</summary>
    PendingChanges = 16384,

    /// <summary>The changed extents together with their bytes, in one pass: <see cref="IChangedData"/>.</summary>
    ChangedData = 32768,
}
