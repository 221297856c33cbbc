using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace StorageEngines.Checksums;

/// <summary>
/// CRC-32C that begins at 0 and is not inverted. One such checksum can only go as fast as each step waits for the one before, three processor cycles for eight bytes; so long runs are
/// taken in three parts at once, whose checksums are then put together: what zeroes after it do to a checksum is linear, and kept in tables.
/// </summary>
internal static class LinearCrc32C
{
    private const int Parts = 3;
    private const int LongPart = 8192;
    private const int ShortPart = 256;

    private static readonly uint[] LongTable = MakeTable(LongPart);
    private static readonly uint[] ShortTable = MakeTable(ShortPart);

    /// <summary>Goes on with a checksum.</summary>
    /// <param name="crc">The checksum so far; 0 at the beginning.</param>
    /// <param name="bytes">What follows.</param>
    internal static uint Append(uint crc, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= Parts * LongPart)
        {
            crc = Three(crc, bytes, LongPart, LongTable);
            bytes = bytes[(Parts * LongPart)..];
        }

        while (bytes.Length >= Parts * ShortPart)
        {
            crc = Three(crc, bytes, ShortPart, ShortTable);
            bytes = bytes[(Parts * ShortPart)..];
        }

        while (bytes.Length >= sizeof(ulong))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[sizeof(ulong)..];
        }

        if (bytes.Length >= sizeof(uint))
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes));
            bytes = bytes[sizeof(uint)..];
        }

        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return crc;
    }

    private static uint Three(uint crc, ReadOnlySpan<byte> bytes, int part, uint[] table)
    {
        ReadOnlySpan<ulong> first = MemoryMarshal.Cast<byte, ulong>(bytes[..part]);
        ReadOnlySpan<ulong> second = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(part, part))[..first.Length];
        ReadOnlySpan<ulong> third = MemoryMarshal.Cast<byte, ulong>(bytes.Slice(2 * part, part))[..first.Length];
        uint crc2 = 0, crc3 = 0;
        for (int i = 0; i < first.Length; i++)
        {
            crc = BitOperations.Crc32C(crc, LittleEndian(first[i]));
            crc2 = BitOperations.Crc32C(crc2, LittleEndian(second[i]));
            crc3 = BitOperations.Crc32C(crc3, LittleEndian(third[i]));
        }

        return Shift(Shift(crc, table) ^ crc2, table) ^ crc3;
    }

    private static ulong LittleEndian(ulong value) => BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);

    // The checksum after as many zeroes as the table is for.
    private static uint Shift(uint crc, uint[] table)
        => table[crc & 0xFF] ^ table[256 + ((crc >> 8) & 0xFF)] ^ table[512 + ((crc >> 16) & 0xFF)] ^ table[768 + (crc >> 24)];

    private static uint[] MakeTable(int zeroes)
    {
        Span<uint> bits = stackalloc uint[32];
        for (int bit = 0; bit < bits.Length; bit++)
        {
            uint crc = 1u << bit;
            for (int i = 0; i < zeroes; i += sizeof(ulong))
            {
                crc = BitOperations.Crc32C(crc, 0UL);
            }

            bits[bit] = crc;
        }

        var table = new uint[4 * 256];
        for (int at = 0; at < table.Length; at++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                table[at] ^= (at >> bit & 1) != 0 ? bits[(at / 256 * 8) + bit] : 0;
            }
        }

        return table;
    }
}
