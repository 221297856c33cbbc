using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>The layout of an index segment; see docs/store-format.md. All numbers are little-endian.</summary>
internal static class IndexFormat
{
    /// <summary>The version that is read and written. A segment of another one is left out and its packs are read instead.</summary>
    internal const ushort Version = 1;

    /// <summary>Bytes of a page: 4096.</summary>
    internal const int PageSize = 4096;

    /// <summary>Bytes before the entries of a page: checksum (4), number of entries (2), zero (2), the first 8 bytes of the segment's id.</summary>
    internal const int PageHead = 16;

    /// <summary>Bytes of an entry: key (8), pack (4), offset (4), plain length (4), stored length (4).</summary>
    internal const int EntrySize = 24;

    /// <summary>Entries on a page: 170; only the last page has fewer.</summary>
    internal const int EntriesPerPage = (PageSize - PageHead) / EntrySize;

    /// <summary>Bytes of a filter block: 64.</summary>
    internal const int FilterBlock = 64;

    /// <summary>Filter blocks on a page: 63, behind a head of 64 bytes.</summary>
    internal const int FilterBlocksPerPage = (PageSize / FilterBlock) - 1;

    /// <summary>Entries for each filter block: 32, so that a block of data takes 2 bytes of filter.</summary>
    internal const int EntriesPerFilterBlock = 32;

    /// <summary>The most packs in a segment, so that its table is bounded: 16 million.</summary>
    internal const int MaxPacks = 1 << 24;

    /// <summary>"SENGINDX".</summary>
    internal static readonly ulong Magic = BinaryPrimitives.ReadUInt64BigEndian("SENGINDX"u8);

    /// <summary>Reads the entry at a place of a page.</summary>
    internal static IndexEntry Read(ReadOnlySpan<byte> page, int slot)
    {
        ReadOnlySpan<byte> bytes = page.Slice(PageHead + (slot * EntrySize), EntrySize);
        return new IndexEntry(
            BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]));
    }

    /// <summary>The key of the entry at a place of a page.</summary>
    internal static ulong KeyAt(ReadOnlySpan<byte> page, int slot) => BinaryPrimitives.ReadUInt64LittleEndian(page[(PageHead + (slot * EntrySize))..]);

    /// <summary>The number of entries on a page.</summary>
    internal static int CountOf(ReadOnlySpan<byte> page) => BinaryPrimitives.ReadUInt16LittleEndian(page[4..]);

    /// <summary>Writes an entry to a place of a page.</summary>
    internal static void Write(Span<byte> page, int slot, in IndexEntry entry)
    {
        Span<byte> bytes = page.Slice(PageHead + (slot * EntrySize), EntrySize);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, entry.Key);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], entry.Pack);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[12..], entry.Offset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], entry.PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[20..], entry.StoredLength);
    }

    /// <summary>Completes a page: number of entries, the segment it belongs to, checksum.</summary>
    /// <param name="page">The page.</param>
    /// <param name="count">Entries on it; 0 for a page of the filter.</param>
    /// <param name="segment">The first 8 bytes of the segment's id.</param>
    /// <param name="number">The page's number in the file, which the checksum covers.</param>
    internal static void Seal(Span<byte> page, int count, ulong segment, long number)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(page[4..], (ushort)count);
        BinaryPrimitives.WriteUInt16LittleEndian(page[6..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(page[8..], segment);
        BinaryPrimitives.WriteUInt32LittleEndian(page, Checksum(page, number));
    }

    /// <summary>Whether a page is as it was written, and the one of that number in that segment.</summary>
    internal static bool IsWhole(ReadOnlySpan<byte> page, ulong segment, long number)
        => BinaryPrimitives.ReadUInt64LittleEndian(page[8..]) == segment
            && CountOf(page) <= EntriesPerPage
            && BinaryPrimitives.ReadUInt32LittleEndian(page) == Checksum(page, number);

    /// <summary>The filter block of a key, and the seven bits in it that stand for the key.</summary>
    internal static (int Block, ulong Bits) FilterPlace(ulong key, int blocks)
    {
        unchecked
        {
            ulong bits = key * 0x9E3779B97F4A7C15;
            bits ^= bits >> 32;
            return ((int)Math.BigMul(key, (ulong)blocks, out _), bits * 0xD6E8FEB86659FD93);
        }
    }

    /// <summary>Sets a key's bits in its filter block.</summary>
    internal static void SetBits(Span<byte> block, ulong bits)
    {
        for (int i = 0; i < 7; i++, bits >>= 9)
            block[(int)(bits & 511) >> 3] |= (byte)(1 << (int)(bits & 7));
    }

    /// <summary>Whether all of a key's bits are set.</summary>
    internal static bool HasBits(ReadOnlySpan<byte> block, ulong bits)
    {
        for (int i = 0; i < 7; i++, bits >>= 9)
        {
            if ((block[(int)(bits & 511) >> 3] & (1 << (int)(bits & 7))) == 0)
                return false;
        }
        return true;
    }

    // CRC-32C of the page behind the checksum; the page's number is the start, so that a page in another's place is noticed.
    private static uint Checksum(ReadOnlySpan<byte> page, long number)
    {
        uint crc = ~(uint)number;
        crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(page[4..]));
        foreach (ulong word in MemoryMarshal.Cast<byte, ulong>(page[8..PageSize]))
            crc = BitOperations.Crc32C(crc, word);
        return ~crc;
    }
}
