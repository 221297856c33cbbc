namespace StorageEngines;

/// <summary>Why there is nothing to compare on a volume. New reasons may be added.</summary>
public enum FleetSkipReason
{
    /// <summary>It has no snapshot that can be used.</summary>
    NoSnapshot,

    /// <summary>It has one snapshot, and nothing older to compare it with.</summary>
    OneSnapshot,

    /// <summary>It has no snapshot of the base's label.</summary>
    BaseMissing,

    /// <summary>It has no snapshot of the target's label, or none after the base.</summary>
    TargetMissing,

    /// <summary>It is a tree, which has no address space of its own: <see cref="IFileDiff"/> compares its files.</summary>
    Tree,
}
