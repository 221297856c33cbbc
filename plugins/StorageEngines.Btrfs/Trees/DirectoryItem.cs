namespace StorageEngines.Btrfs.Trees;

/// <summary>A name in a directory, as a DIR_INDEX item has it.</summary>
/// <param name="Index">Its number in the directory.</param>
/// <param name="At">Where the item's bytes are.</param>
/// <param name="Length">How many they are.</param>
internal readonly record struct DirectoryItem(ulong Index, int At, int Length);
