namespace StorageEngines;

/// <summary>Where a snapshot is in its life.</summary>
public enum SnapshotState
{
    /// <summary>It is cut but not yet usable.</summary>
    Creating,

    /// <summary>It can be used.</summary>
    Ready,

    /// <summary>Its data is gone; it still serves as the base of a delta.</summary>
    MetadataOnly,

    /// <summary>It is on its way out.</summary>
    Deleting,

    /// <summary>It is not usable and never will be.</summary>
    Failed,
}
