using System.Buffers.Binary;
using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Trees;

/// <summary>What an INODE_ITEM says. Implements: struct btrfs_inode_item.</summary>
/// <param name="Generation">The transaction in which the file was made.</param>
/// <param name="Transaction">The transaction of its last change: of its content, attributes or names, or, for a directory, of the names in it.</param>
/// <param name="SizeBytes">Its size; of a directory twice the bytes of its names.</param>
/// <param name="AllocatedBytes">The bytes of its extents.</param>
/// <param name="Links">How many names it has; 0 if it has none and is only open still.</param>
/// <param name="UserId">The owner.</param>
/// <param name="GroupId">The group.</param>
/// <param name="Mode">Permissions and type.</param>
/// <param name="Device">The numbers of a device, as the kernel has them.</param>
/// <param name="ModifiedAt">mtime.</param>
internal readonly record struct InodeItem(
    ulong Generation, ulong Transaction, long SizeBytes, long AllocatedBytes, uint Links, uint UserId, uint GroupId, uint Mode, ulong Device, UnixTime ModifiedAt)
{
    /// <summary>Bytes of the item.</summary>
    internal const int Length = 160;

    private const int MinorBits = 20;

    /// <summary>The type.</summary>
    internal TreeEntryType Type => (TreeEntryType)((Mode >> 12) & 0xF);

    /// <summary>Whether it is a directory.</summary>
    internal bool IsDirectory => Type == TreeEntryType.Directory;

    /// <summary>Reads an item.</summary>
    /// <exception cref="CorruptDataException">It is too short.</exception>
    internal static InodeItem Parse(ReadOnlySpan<byte> data)
    {
        if (data.Length < Length)
        {
            throw TreeDamage.TooShort("an INODE_ITEM", data.Length);
        }

        return new InodeItem(
            Number(data, 0), Number(data, 8), Size(data, 16), Size(data, 24), Number32(data, 40), Number32(data, 44), Number32(data, 48), Number32(data, 52),
            Number(data, 56), new UnixTime(BinaryPrimitives.ReadInt64LittleEndian(data[136..]), (int)(Number32(data, 144) % 1_000_000_000)));
    }

    /// <summary>The same as the reducer knows it.</summary>
    internal KnownEntry ToKnown(ulong inode)
    {
        bool isDevice = Type is TreeEntryType.BlockDevice or TreeEntryType.CharacterDevice;
        return new KnownEntry(
            Type, inode, IsDirectory ? 1 : Links, Type == TreeEntryType.File ? SizeBytes : 0, Mode & 0xFFF, UserId, GroupId, ModifiedAt,
            isDevice ? ((Device >> MinorBits) << 32) | (Device & ((1 << MinorBits) - 1)) : 0);
    }

    private static ulong Number(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt64LittleEndian(data[at..]);

    private static uint Number32(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);

    private static long Size(ReadOnlySpan<byte> data, int at)
    {
        long size = BinaryPrimitives.ReadInt64LittleEndian(data[at..]);
        return size >= 0 ? size : throw TreeDamage.Is($"an INODE_ITEM has a size of {size}");
    }
}
