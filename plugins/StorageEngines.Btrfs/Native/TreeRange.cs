namespace StorageEngines.Btrfs.Native;

/// <summary>What a search looks for.</summary>
/// <param name="Tree">The tree; 0 is the one that the open directory is in.</param>
/// <param name="To">The last key.</param>
/// <param name="LeastTransaction">Leaves that are older are left out; items of newer leaves may be older themselves.</param>
/// <param name="Most">The most items, if few are wanted.</param>
internal readonly record struct TreeRange(ulong Tree, TreeKey To, ulong LeastTransaction, uint Most);
