using System.Buffers.Binary;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>The last 128 bytes of a manifest. Its checksum covers the index, which covers the entry frames: it is the manifest's digest.</summary>
internal readonly record struct ManifestTrailer(long IndexOffset, int EntryFrames, long Entries, long Files, long FileBytes, Sum128 IndexChecksum)
{
    /// <summary>Bytes: 128.</summary>
    internal const int Size = 128;

    private const int Checked = 96;
    private static readonly ulong Magic = BinaryPrimitives.ReadUInt64BigEndian("SENGMEND"u8);

    /// <summary>Writes the trailer; the checksum covers the file's header too.</summary>
    /// <returns>The digest, 64 hex digits.</returns>
    internal string Write(ReadOnlySpan<byte> header, Span<byte> bytes)
    {
        bytes[..Size].Clear();
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Magic);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], IndexOffset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], EntryFrames);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[24..], Entries);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[32..], Files);
        BinaryPrimitives.WriteInt64LittleEndian(bytes[40..], FileBytes);
        IndexChecksum.Write(bytes[48..]);
        Sum(header, bytes, bytes[Checked..]);
        return Digest(bytes);
    }

    /// <summary>The digest in a trailer that was checked, 64 hex digits.</summary>
    internal static string Digest(ReadOnlySpan<byte> bytes) => Hex.Of(bytes[Checked..Size]);

    /// <summary>Reads and checks a trailer.</summary>
    internal static ManifestTrailer Read(ReadOnlySpan<byte> header, ReadOnlySpan<byte> bytes, string name, long offset)
    {
        Span<byte> sum = stackalloc byte[32];
        Sum(header, bytes, sum);
        if (BinaryPrimitives.ReadUInt64BigEndian(bytes) != Magic || !sum.SequenceEqual(bytes[Checked..Size]))
            throw StoreErrors.Corrupt(name, offset, "the trailer is missing or damaged: the manifest was cut short");
        return new ManifestTrailer(
            BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[16..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]),
            Sum128.Read(bytes[48..]));
    }

    private static void Sum(ReadOnlySpan<byte> header, ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        Sha256Sum.Of(header, bytes[..Checked], destination);
    }
}
