namespace StorageEngines.Btrfs.Changes;

/// <summary>What the reducer needs to know of an entry of a snapshot: lstat gives it.</summary>
/// <param name="Type">Its type.</param>
/// <param name="SizeBytes">Size in bytes; counts for regular files.</param>
/// <param name="Links">Number of its names; 1 for directories.</param>
/// <param name="Inode">Its inode number.</param>
/// <param name="Device">The numbers of a device, as st_rdev has them; 0 for what is no device.</param>
internal readonly record struct KnownEntry(TreeEntryType Type, long SizeBytes, long Links, ulong Inode, ulong Device);
