using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace StorageEngines.Zfs.Streams;

/// <summary>The 312 bytes of a record, of which the numbers may be in the other byte order.</summary>
/// <param name="bytes">The record.</param>
/// <param name="swapped">The numbers are in the other byte order than this machine's.</param>
internal readonly ref struct ZfsRecordView(ReadOnlySpan<byte> bytes, bool swapped)
{
    /// <summary>The record as it is in the stream.</summary>
    internal ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <summary>A byte.</summary>
    internal byte U8(int offset) => Bytes[offset];

    /// <summary>A number of 32 bits.</summary>
    internal uint U32(int offset)
    {
        uint value = MemoryMarshal.Read<uint>(Bytes[offset..]);
        return swapped ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>A number of 64 bits.</summary>
    internal ulong U64(int offset)
    {
        ulong value = MemoryMarshal.Read<ulong>(Bytes[offset..]);
        return swapped ? BinaryPrimitives.ReverseEndianness(value) : value;
    }

    /// <summary>A checksum.</summary>
    internal Fletcher4 Checksum(int offset)
        => new() { A = U64(offset), B = U64(offset + 8), C = U64(offset + 16), D = U64(offset + 24) };
}
