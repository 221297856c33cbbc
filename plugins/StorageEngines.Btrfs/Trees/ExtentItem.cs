using System.Buffers.Binary;

namespace StorageEngines.Btrfs.Trees;

/// <summary>What an EXTENT_DATA item says. Implements: struct btrfs_file_extent_item.</summary>
/// <param name="Offset">Its first byte in the file.</param>
/// <param name="Length">How many bytes of the file it covers. One that is in the item itself covers its block, whose rest is zeroes.</param>
/// <param name="Kind">In the item, on the device, or preallocated.</param>
/// <param name="Compression">How it is packed.</param>
/// <param name="Address">Where the extent is that it is a piece of; 0 for a hole.</param>
/// <param name="AddressOffset">Where in that extent, unpacked, the piece begins.</param>
/// <param name="Generation">The transaction in which the extent was written.</param>
internal readonly record struct ExtentItem(long Offset, long Length, byte Kind, byte Compression, ulong Address, long AddressOffset, ulong Generation)
{
    /// <summary>Bytes before the data of an extent in the item.</summary>
    internal const int InlineStart = 21;

    private const ulong Block = 4096;
    private const byte Inline = 0;
    private const byte Preallocated = 2;
    private const int RegularLength = 53;

    /// <summary>The byte after the last.</summary>
    internal long End => Offset + Length;

    /// <summary>Whether its bytes are in the item.</summary>
    internal bool IsInline => Kind == Inline;

    /// <summary>Whether it reads as zeroes: a hole, or preallocated and not written.</summary>
    internal bool IsZero => Kind == Preallocated || (Kind != Inline && Address == 0);

    /// <summary>Reads an item.</summary>
    /// <param name="offset">The key's offset.</param>
    /// <param name="data">The item.</param>
    /// <exception cref="CorruptDataException">It cannot be.</exception>
    internal static ExtentItem Parse(ulong offset, ReadOnlySpan<byte> data)
    {
        if (data.Length < InlineStart)
        {
            throw TreeDamage.TooShort("an EXTENT_DATA item", data.Length);
        }

        byte kind = data[20];
        if (kind > Preallocated || data[17] != 0)
        {
            throw TreeDamage.Is($"an EXTENT_DATA item is of kind {kind} with encryption {data[17]}, which are not known");
        }

        if (kind != Inline && data.Length < RegularLength)
        {
            throw TreeDamage.TooShort("an EXTENT_DATA item", data.Length);
        }

        ulong length = Number(data, kind == Inline ? 8 : 45);
        if (length == 0 || offset > long.MaxValue || length > long.MaxValue - offset)
        {
            throw TreeDamage.Is($"an EXTENT_DATA item at {offset} has {length} bytes");
        }

        return kind == Inline
            ? new ExtentItem((long)offset, (long)((Math.Min(length, int.MaxValue) + Block - 1) / Block * Block), kind, data[16], 0, 0, Number(data, 0))
            : new ExtentItem((long)offset, (long)length, kind, data[16], Number(data, 21), (long)Math.Min(Number(data, 37), long.MaxValue / 2), Number(data, 0));
    }

    private static ulong Number(ReadOnlySpan<byte> data, int at) => BinaryPrimitives.ReadUInt64LittleEndian(data[at..]);
}
