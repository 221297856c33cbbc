using System.Buffers.Binary;
using System.Security.Cryptography;

namespace StorageEngines.TarRsync.Store;

/// <summary>The last 64 bytes of a pack: where its index is, and the checksum over index and trailer.</summary>
internal static class PackTrailer
{
    /// <summary>Bytes: 64.</summary>
    internal const int Size = 64;

    private const int Checked = 32;
    private static readonly ulong Magic = BinaryPrimitives.ReadUInt64BigEndian("SENGPEND"u8);

    /// <summary>Writes the trailer behind the entries.</summary>
    internal static void Write(ReadOnlySpan<byte> entries, long indexOffset, Span<byte> bytes)
    {
        bytes[..Size].Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], entries.Length / PackEntry.Size);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[16..], indexOffset);
        Sum(entries, bytes[..Checked], bytes[Checked..Size]);
    }

    /// <summary>Reads the number of entries and the index's offset; false if it is no trailer.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> bytes, long fileLength, out int count, out long indexOffset)
    {
        count = BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]);
        indexOffset = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes) == Magic
            && count >= 0
            && indexOffset >= ObjectHeader.Size
            && indexOffset <= fileLength
            && ((long)count * PackEntry.Size) == fileLength - Size - indexOffset;
    }

    /// <summary>Whether entries and trailer are as they were written.</summary>
    internal static bool Matches(ReadOnlySpan<byte> entries, ReadOnlySpan<byte> trailer)
    {
        Span<byte> sum = stackalloc byte[32];
        Sum(entries, trailer[..Checked], sum);
        return sum.SequenceEqual(trailer[Checked..Size]);
    }

    private static void Sum(ReadOnlySpan<byte> entries, ReadOnlySpan<byte> head, Span<byte> destination)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(entries);
        hash.AppendData(head);
        hash.GetHashAndReset(destination);
    }
}
