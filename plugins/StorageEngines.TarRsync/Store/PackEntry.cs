using System.Buffers.Binary;
using System.Numerics;

namespace StorageEngines.TarRsync.Store;

/// <summary>One block in a pack: id, offset of its record, plain and stored length in bytes, codec.</summary>
internal readonly record struct PackEntry(BlockId Id, uint Offset, int PlainLength, int StoredLength, byte Codec)
{
    /// <summary>Bytes of a record's header and of an entry in the index: 48.</summary>
    internal const int Size = 48;

    /// <summary>Whether the lengths are possible.</summary>
    internal bool IsSane => PlainLength is > 0 and <= StoreFormat.MaxBlock && StoredLength > 0 && StoredLength <= PlainLength;

    /// <summary>Writes an entry of the index: id, offset, plain length, stored length, codec.</summary>
    internal void Write(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        Id.Write(bytes);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[32..], Offset);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[36..], PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[40..], StoredLength);
        bytes[44] = Codec;
    }

    /// <summary>Reads an entry of the index.</summary>
    internal static PackEntry Read(ReadOnlySpan<byte> bytes) => new(
        BlockId.Read(bytes),
        BinaryPrimitives.ReadUInt32LittleEndian(bytes[32..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[36..]),
        BinaryPrimitives.ReadInt32LittleEndian(bytes[40..]),
        bytes[44]);

    /// <summary>Writes a record's header: id, plain length, stored length, codec, CRC-32C of the 44 bytes before it.</summary>
    internal void WriteRecord(Span<byte> bytes)
    {
        bytes[..Size].Clear();
        Id.Write(bytes);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[32..], PlainLength);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[36..], StoredLength);
        bytes[40] = Codec;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[44..], Crc(bytes[..44]));
    }

    /// <summary>Reads a record's header; false if it is damaged.</summary>
    internal static bool TryReadRecord(ReadOnlySpan<byte> bytes, uint offset, out PackEntry entry)
    {
        entry = new PackEntry(
            BlockId.Read(bytes),
            offset,
            BinaryPrimitives.ReadInt32LittleEndian(bytes[32..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[36..]),
            bytes[40]);
        return Crc(bytes[..44]) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]) && entry.IsSane;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        for (int i = 0; i < bytes.Length; i += 4)
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(bytes[i..]));
        return ~crc;
    }
}
