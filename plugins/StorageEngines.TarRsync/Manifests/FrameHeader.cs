using System.Buffers.Binary;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>The 32 bytes before each frame of a manifest.</summary>
internal readonly record struct FrameHeader(FrameKind Kind, byte Codec, int StoredLength, int RawLength, int Items, Sum128 Checksum)
{
    /// <summary>Bytes: 32.</summary>
    internal const int Size = 32;

    /// <summary>The longest frame, unpacked: 64 MiB. A frame is about 64 KiB; only a single huge entry makes it longer.</summary>
    internal const int MaxRaw = 64 << 20;

    private const int Checked = 16;

    /// <summary>Fills in the checksum: the first 16 bytes of the SHA-256 of the header's first 16 bytes and the stored bytes.</summary>
    internal FrameHeader Seal(ReadOnlySpan<byte> stored) => this with { Checksum = Sum(stored) };

    /// <summary>Whether header and bytes are as they were written.</summary>
    internal bool Matches(ReadOnlySpan<byte> stored) => Checksum == Sum(stored);

    /// <summary>Writes the header.</summary>
    internal void Write(Span<byte> bytes)
    {
        WriteChecked(bytes);
        Checksum.Write(bytes[Checked..]);
    }

    /// <summary>Reads a header; nothing is checked.</summary>
    internal static FrameHeader Read(ReadOnlySpan<byte> bytes) => new(
        (FrameKind)bytes[0],
        bytes[1],
        BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[12..]),
        Sum128.Read(bytes[Checked..]));

    private void WriteChecked(Span<byte> bytes)
    {
        bytes[..Checked].Clear();
        bytes[0] = (byte)Kind;
        bytes[1] = Codec;
        BinaryPrimitives.WriteInt32LittleEndian(bytes[4..], StoredLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], RawLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[12..], Items);
    }

    private Sum128 Sum(ReadOnlySpan<byte> stored)
    {
        Span<byte> head = stackalloc byte[Checked];
        WriteChecked(head);
        Span<byte> result = stackalloc byte[Sha256Sum.Size];
        Sha256Sum.Of(head, stored, result);
        return Sum128.Read(result);
    }
}
