namespace StorageEngines.Zfs.Streams;

/// <summary>What is asked of a stream.</summary>
/// <param name="FromGuid">The guid of the base, of a snapshot or a bookmark; 0 for a full stream.</param>
/// <param name="ToGuid">The guid of the target.</param>
/// <param name="Number">The object: 1 for the data of a volume, the inode for a file.</param>
/// <param name="BaseCapacityBytes">Its size in the base; 0 for a full stream and for a file that was not there.</param>
/// <param name="CapacityBytes">Its size in the target.</param>
internal sealed record ZfsChangeQuestion(ulong FromGuid, ulong ToGuid, ulong Number, long BaseCapacityBytes, long CapacityBytes)
{
    /// <summary>The object that holds the data of a volume.</summary>
    internal const ulong VolumeData = 1;
}
