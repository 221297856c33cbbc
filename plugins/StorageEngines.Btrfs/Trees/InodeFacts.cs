using System.Buffers.Binary;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Trees;

/// <summary>
/// What was read of one inode in one tree: its item, names, extended attributes and, if they are few, its extents. Filled again and again, so that no
/// item costs an allocation.
/// </summary>
internal sealed class InodeFacts
{
    /// <summary>With more extents than these they are compared from the trees, and not kept.</summary>
    internal const int MostExtents = 4096;

    /// <summary>Of more names than these in a directory not all are kept.</summary>
    internal const int MostEntries = 4096;

    private const int DirectoryHead = 30; // struct btrfs_dir_item
    private const int DirectoryKeyAndTransaction = 25;

    private readonly List<InodeName> _names = [];
    private readonly List<Attribute> _attributes = [];
    private readonly List<ExtentItem> _extents = [];
    private readonly List<DirectoryItem> _entries = [];
    private long _entryNameBytes;
    private byte[] _bytes = new byte[4096];
    private int _used;
    private (int At, int Length) _inline;

    /// <summary>The inode.</summary>
    internal ulong Inode { get; private set; }

    /// <summary>Whether the tree has it. One that has no name any more counts as gone.</summary>
    internal bool Exists => HasItem && Item.Links > 0;

    /// <summary>Whether its INODE_ITEM was seen.</summary>
    internal bool HasItem { get; private set; }

    /// <summary>What its INODE_ITEM says.</summary>
    internal InodeItem Item { get; private set; }

    /// <summary>Its names.</summary>
    internal List<InodeName> Names => _names;

    /// <summary>Its extents, ascending; not all of them if there are <see cref="TooManyExtents"/>.</summary>
    internal List<ExtentItem> Extents => _extents;

    /// <summary>The names in a directory, ascending; as far as they were seen.</summary>
    internal List<DirectoryItem> Entries => _entries;

    /// <summary>Whether all names that a directory has were seen: its size is twice the bytes of its names.</summary>
    internal bool HasAllEntries => _entries.Count < MostEntries && _entryNameBytes * 2 == Item.SizeBytes;

    /// <summary>Whether there are more extents than are kept.</summary>
    internal bool TooManyExtents { get; private set; }

    /// <summary>All extents that were seen, and the bytes that they cover.</summary>
    internal (long Count, long Bytes, long Fresh) Seen { get; private set; }

    /// <summary>The bytes of the extent that is in its item.</summary>
    internal ReadOnlySpan<byte> InlineData => _bytes.AsSpan(_inline.At, _inline.Length);

    /// <summary>A name's bytes.</summary>
    internal ReadOnlySpan<byte> NameOf(in InodeName name) => _bytes.AsSpan(name.At, name.Length);

    /// <summary>The bytes of an item of a directory.</summary>
    internal ReadOnlySpan<byte> BytesOf(in DirectoryItem entry) => _bytes.AsSpan(entry.At, entry.Length);

    /// <summary>Forgets everything, and begins with another inode.</summary>
    internal void Begin(ulong inode)
    {
        Inode = inode;
        HasItem = TooManyExtents = false;
        _names.Clear();
        _attributes.Clear();
        _extents.Clear();
        _entries.Clear();
        _entryNameBytes = 0;
        _used = 0;
        _inline = default;
        Seen = default;
    }

    /// <summary>Takes an item of the inode.</summary>
    /// <param name="item">The item.</param>
    /// <param name="since">Extents of later transactions count as fresh.</param>
    internal void Add(in TreeItem item, ulong since = ulong.MaxValue)
    {
        switch (item.Key.Type)
        {
            case ItemTypes.Inode: (Item, HasItem) = (InodeItem.Parse(item.Data), true); break;
            case ItemTypes.Reference: AddNames(item.Key.Offset, item.Data, isExtended: false); break;
            case ItemTypes.ExtendedReference: AddNames(0, item.Data, isExtended: true); break;
            case ItemTypes.Attribute: AddAttribute(item.Key.Offset, item.Data); break;
            case ItemTypes.DirectoryIndex: AddEntry(item.Key.Offset, item.Data); break;
            case ItemTypes.Extent: AddExtent(item.Key.Offset, item.Data, since); break;
            default: break; // names in a directory by their hash, and what does not count
        }
    }

    /// <summary>Reads everything of an inode but the names in it. Of many extents only the first are read.</summary>
    /// <returns>Whether the tree has it.</returns>
    internal bool Read(TreeReader reader, ulong inode, byte lastType = ItemTypes.Extent)
    {
        Begin(inode);
        reader.Seek(new TreeKey(inode, 0, 0), new TreeKey(inode, lastType, ulong.MaxValue));
        while (!TooManyExtents && reader.MoveNext(out TreeItem item))
        {
            Add(in item);
        }

        return Exists;
    }

    /// <summary>Whether each item but the extents that this has is also in another one, by its key. Names that are too many for one item are not looked at.</summary>
    internal bool KeysAreIn(InodeFacts other)
    {
        foreach (Attribute each in _attributes)
        {
            if (!other._attributes.Exists(theirs => theirs.Offset == each.Offset))
            {
                return false;
            }
        }

        foreach (InodeName each in _names)
        {
            if (each.IsExtended || !other._names.Exists(theirs => !theirs.IsExtended && theirs.Directory == each.Directory))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether each extent that this has is also in another one, by its key.</summary>
    internal bool ExtentKeysAreIn(InodeFacts other)
    {
        if (TooManyExtents || other.TooManyExtents)
        {
            return false;
        }

        int at = 0;
        foreach (ExtentItem each in _extents)
        {
            while (at < other._extents.Count && other._extents[at].Offset < each.Offset)
            {
                at++;
            }

            if (at == other._extents.Count || other._extents[at].Offset != each.Offset)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether the extended attributes are the same.</summary>
    internal bool AttributesEqual(InodeFacts other)
    {
        if (_attributes.Count != other._attributes.Count)
        {
            return false;
        }

        for (int i = 0; i < _attributes.Count; i++)
        {
            Attribute a = _attributes[i], b = other._attributes[i];
            if (a.Offset != b.Offset || !_bytes.AsSpan(a.At, a.Length).SequenceEqual(other._bytes.AsSpan(b.At, b.Length)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a name is among those of another one.</summary>
    internal bool IsNameOf(in InodeName name, InodeFacts other)
    {
        foreach (InodeName each in other._names)
        {
            if (each.Directory == name.Directory && NameOf(in name).SequenceEqual(other.NameOf(in each)))
            {
                return true;
            }
        }

        return false;
    }

    private void AddNames(ulong directory, ReadOnlySpan<byte> data, bool isExtended)
    {
        int head = isExtended ? 18 : 10; // struct btrfs_inode_extref, struct btrfs_inode_ref
        while (!data.IsEmpty)
        {
            int length = data.Length >= head ? BinaryPrimitives.ReadUInt16LittleEndian(data[(head - 2)..]) : 0;
            if (length is 0 or > byte.MaxValue || length > data.Length - head)
            {
                throw TreeDamage.Is($"a name of inode {Inode} has {length} bytes");
            }

            ulong above = isExtended ? BinaryPrimitives.ReadUInt64LittleEndian(data) : directory;
            _names.Add(new InodeName(above, Keep(data.Slice(head, length)), (byte)length, isExtended));
            data = data[(head + length)..];
        }
    }

    // Of each attribute the type, the lengths, the name and the value; not when it was set.
    private void AddAttribute(ulong hash, ReadOnlySpan<byte> data)
    {
        int begin = _used;
        while (!data.IsEmpty)
        {
            int length = data.Length >= DirectoryHead
                ? DirectoryHead + BinaryPrimitives.ReadUInt16LittleEndian(data[25..]) + BinaryPrimitives.ReadUInt16LittleEndian(data[27..]) : int.MaxValue;
            if (length > data.Length)
            {
                throw TreeDamage.Is($"an extended attribute of inode {Inode} is cut off");
            }

            Keep(data[DirectoryKeyAndTransaction..length]);
            data = data[length..];
        }

        _attributes.Add(new Attribute(hash, begin, _used - begin));
    }

    private void AddEntry(ulong index, ReadOnlySpan<byte> data)
    {
        if (_entries.Count < MostEntries)
        {
            _entries.Add(new DirectoryItem(index, Keep(data), data.Length));
            _entryNameBytes += data.Length - DirectoryHead;
        }
    }

    private void AddExtent(ulong offset, ReadOnlySpan<byte> data, ulong since)
    {
        ExtentItem extent = ExtentItem.Parse(offset, data);
        Seen = (Seen.Count + 1, Seen.Bytes + extent.Length, Seen.Fresh + (extent.Generation > since ? 1 : 0));
        if (_extents.Count == MostExtents)
        {
            TooManyExtents = true;
            return;
        }

        if (extent.IsInline)
        {
            _inline = (Keep(data[ExtentItem.InlineStart..]), data.Length - ExtentItem.InlineStart);
        }

        _extents.Add(extent);
    }

    private int Keep(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > _bytes.Length - _used)
        {
            Array.Resize(ref _bytes, Math.Max(2 * _bytes.Length, _used + bytes.Length));
        }

        bytes.CopyTo(_bytes.AsSpan(_used));
        _used += bytes.Length;
        return _used - bytes.Length;
    }

    private readonly record struct Attribute(ulong Offset, int At, int Length);
}
