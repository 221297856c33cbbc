namespace StorageEngines.Btrfs.Trees;

/// <summary>The kinds of items of a subvolume's tree, in the order of their keys. Implements: linux/btrfs_tree.h.</summary>
internal static class ItemTypes
{
    /// <summary>What stat tells of a file.</summary>
    internal const byte Inode = 1;

    /// <summary>Names of a file in one directory.</summary>
    internal const byte Reference = 12;

    /// <summary>The same for names that are too many for one item.</summary>
    internal const byte ExtendedReference = 13;

    /// <summary>Extended attributes whose names have one hash.</summary>
    internal const byte Attribute = 24;

    /// <summary>A name in a directory, by its number.</summary>
    internal const byte DirectoryIndex = 96;

    /// <summary>A piece of a file.</summary>
    internal const byte Extent = 108;
}
