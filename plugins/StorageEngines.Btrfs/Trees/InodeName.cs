namespace StorageEngines.Btrfs.Trees;

/// <summary>A name of an inode, as INODE_REF and INODE_EXTREF items have them.</summary>
/// <param name="Directory">The directory's inode.</param>
/// <param name="At">Where its bytes are.</param>
/// <param name="Length">How many they are.</param>
/// <param name="IsExtended">Which kind of item.</param>
internal readonly record struct InodeName(ulong Directory, int At, byte Length, bool IsExtended);
