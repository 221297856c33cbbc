using System.Buffers.Binary;
using System.Security.Cryptography;

namespace StorageEngines.TarRsync.Store;

/// <summary>The SHA-256 of a block's content. The all-zero value is no hash of anything and stands for a hole.</summary>
internal readonly record struct BlockId(ulong A, ulong B, ulong C, ulong D)
{
    /// <summary>Bytes of an id in every stored object: 32.</summary>
    internal const int Size = 32;

    /// <summary>True for the value that stands for a hole.</summary>
    internal bool IsHole => (A | B | C | D) == 0;

    /// <summary>Hashes a block.</summary>
    internal static BlockId Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(content, hash);
        return Read(hash);
    }

    /// <summary>Reads 32 bytes.</summary>
    internal static BlockId Read(ReadOnlySpan<byte> bytes) => new(
        BinaryPrimitives.ReadUInt64BigEndian(bytes),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(bytes[24..]));

    /// <summary>Writes 32 bytes.</summary>
    internal void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, A);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[24..], D);
    }

    /// <summary>64 hex digits.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
