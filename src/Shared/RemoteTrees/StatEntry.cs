namespace StorageEngines.RemoteTrees;

/// <summary>What stat tells of an entry.</summary>
/// <param name="Type">Its type.</param>
/// <param name="Inode">Its inode number.</param>
/// <param name="Links">Number of its names; 1 for directories.</param>
/// <param name="SizeBytes">Size in bytes; 0 for what is no regular file.</param>
/// <param name="Mode">Permission bits, 0 to 07777.</param>
/// <param name="UserId">The owner.</param>
/// <param name="GroupId">The group.</param>
/// <param name="ModifiedAt">mtime.</param>
/// <param name="Device">The numbers of a device, major in the upper 32 bits; 0 for what is no device.</param>
internal readonly record struct StatEntry(
    TreeEntryType Type, ulong Inode, uint Links, long SizeBytes, uint Mode, uint UserId, uint GroupId, UnixTime ModifiedAt, ulong Device);
