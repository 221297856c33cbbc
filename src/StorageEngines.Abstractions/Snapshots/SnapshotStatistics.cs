namespace StorageEngines;

/// <summary>What the creation of a snapshot cost.</summary>
/// <param name="Entries">Files, directories and so on in the volume; 0 for a block volume.</param>
/// <param name="VolumeBytes">The bytes that the volume holds.</param>
/// <param name="FilesRead">Files whose data was read.</param>
/// <param name="BytesRead">Bytes of data that were read from the volume.</param>
/// <param name="BytesStored">Bytes that the snapshot added to the engine's store; 0 if the storage itself keeps them.</param>
public sealed record SnapshotStatistics(long Entries, long VolumeBytes, long FilesRead, long BytesRead, long BytesStored)
{
    /// <summary>What came of <see cref="CreateSnapshotRequest.RecheckPercent"/>; null if it was 0 or the engine judges nothing by status.</summary>
    public RecheckResult? Recheck { get; init; }

    /// <summary>Files that were taken by sharing their blocks (reflink) instead of being read; those that did not change are not counted. Default: 0.</summary>
    public long FilesCloned { get; init; }

    /// <summary>Bytes of data in them; holes are not counted. Default: 0.</summary>
    public long BytesCloned { get; init; }
}
