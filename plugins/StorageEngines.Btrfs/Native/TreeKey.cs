namespace StorageEngines.Btrfs.Native;

/// <summary>The key of an item in one of the file system's trees; ordered by its parts from left to right.</summary>
/// <param name="ObjectId">An inode, or a tree's id.</param>
/// <param name="Type">The kind of item.</param>
/// <param name="Offset">What it means depends on the kind.</param>
internal readonly record struct TreeKey(ulong ObjectId, byte Type, ulong Offset) : IComparable<TreeKey>
{
    /// <summary>The kind of a tree's root.</summary>
    internal const byte RootItem = 132;

    /// <summary>The kind of a reference from a subvolume to the one that holds its name.</summary>
    internal const byte RootBackReference = 144;

    /// <summary>The key after this one; null after the last.</summary>
    internal TreeKey? Next => Offset < ulong.MaxValue ? this with { Offset = Offset + 1 }
        : Type < byte.MaxValue ? new TreeKey(ObjectId, (byte)(Type + 1), 0)
        : ObjectId < ulong.MaxValue ? new TreeKey(ObjectId + 1, 0, 0) : null;

    /// <inheritdoc/>
    public int CompareTo(TreeKey other)
        => ObjectId != other.ObjectId ? ObjectId.CompareTo(other.ObjectId) : Type != other.Type ? Type.CompareTo(other.Type) : Offset.CompareTo(other.Offset);
}
