namespace StorageEngines;

/// <summary>How much of a snapshot to delete.</summary>
public enum DeleteMode
{
    /// <summary>All of it.</summary>
    Everything,

    /// <summary>Its data; it stays as the base of deltas, in state <see cref="SnapshotState.MetadataOnly"/>.</summary>
    DataOnly,
}
