using System.Buffers.Binary;
using System.Security.Cryptography;

namespace StorageEngines.Portable.Rolling;

/// <summary>What our deltas say behind the end command, where other readers stop.</summary>
/// <param name="BaseBytes">The length of the base.</param>
/// <param name="ResultBytes">The length of the result.</param>
/// <param name="From">The base snapshot's identity; null if it is just a file.</param>
/// <param name="To">The target snapshot's identity; null if it is just a file.</param>
/// <param name="BodyHash">The checksum of everything before the trailer, as <see cref="Rolling.ResultHash"/> makes it.</param>
/// <param name="ResultHash">That of the result; empty if it is not known, because unchanged parts were not read.</param>
internal sealed record RdiffTrailer(long BaseBytes, long ResultBytes, Guid? From, Guid? To, byte[] BodyHash, byte[] ResultHash)
{
    /// <summary>The length of a trailer in bytes: 160.</summary>
    internal const int Length = ChecksumAt + ChecksumBytes;

    private const int BaseBytesAt = 14;
    private const int ResultBytesAt = 22;
    private const int FromAt = 30;
    private const int ToAt = 46;
    private const int BodyHashAt = 62;
    private const int ResultHashAt = 95;
    private const int ChecksumAt = 128;
    private const int ChecksumBytes = SHA256.HashSizeInBytes;
    private const int LongHash = SHA256.HashSizeInBytes;
    private const int ShortHash = 16;

    private static ReadOnlySpan<byte> Banner => "seng-rolling1\n"u8;

    /// <summary>Puts the trailer in bytes; the last 32 of them are the SHA-256 of those before.</summary>
    internal byte[] Format()
    {
        var bytes = new byte[Length];
        Banner.CopyTo(bytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(BaseBytesAt), BaseBytes);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(ResultBytesAt), ResultBytes);
        (From ?? Guid.Empty).TryWriteBytes(bytes.AsSpan(FromAt), bigEndian: true, out _);
        (To ?? Guid.Empty).TryWriteBytes(bytes.AsSpan(ToAt), bigEndian: true, out _);
        WriteHash(bytes.AsSpan(BodyHashAt), BodyHash);
        WriteHash(bytes.AsSpan(ResultHashAt), ResultHash);
        SHA256.HashData(bytes.AsSpan(0, ChecksumAt), bytes.AsSpan(ChecksumAt));
        return bytes;
    }

    /// <summary>Reads what is behind the end command.</summary>
    /// <param name="reader">A reader that has read the end command.</param>
    /// <returns>The trailer, or null if there is nothing.</returns>
    /// <exception cref="CorruptDataException">Something else is there, or it is damaged, or what is before it.</exception>
    internal static RdiffTrailer? Read(RdiffReader reader)
    {
        byte[]? bytes = reader.ReadRest(Length);
        if (bytes is { Length: 0 })
        {
            return null;
        }

        if (bytes is not { Length: Length } || !bytes.AsSpan().StartsWith(Banner))
        {
            throw reader.Corrupt(reader.Position, "behind the end command is something that is not a trailer, or only a part of one.");
        }

        if (!SHA256.HashData(bytes.AsSpan(0, ChecksumAt)).AsSpan().SequenceEqual(bytes.AsSpan(ChecksumAt)))
        {
            throw reader.Corrupt(reader.Position, "the trailer is damaged: its checksum is wrong.");
        }

        var trailer = new RdiffTrailer(
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(BaseBytesAt)),
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(ResultBytesAt)),
            ReadIdentity(bytes.AsSpan(FromAt, 16)),
            ReadIdentity(bytes.AsSpan(ToAt, 16)),
            ReadHash(bytes.AsSpan(BodyHashAt), reader),
            ReadHash(bytes.AsSpan(ResultHashAt), reader));
        return trailer.ResultBytes != reader.ResultBytes || !trailer.BodyHash.AsSpan().SequenceEqual(reader.BodyHash())
            ? throw reader.Corrupt(reader.Position, "the checksum is wrong: the delta is damaged somewhere before this byte.")
            : trailer;
    }

    private static void WriteHash(Span<byte> bytes, byte[] hash)
    {
        bytes[0] = (byte)hash.Length;
        hash.CopyTo(bytes[1..]);
    }

    private static byte[] ReadHash(ReadOnlySpan<byte> bytes, RdiffReader reader)
        => bytes[0] is 0 or ShortHash or LongHash ? bytes.Slice(1, bytes[0]).ToArray() : throw reader.Corrupt(reader.Position, "the trailer has a checksum of a kind that is not known.");

    private static Guid? ReadIdentity(ReadOnlySpan<byte> bytes) => new Guid(bytes, bigEndian: true) is var identity && identity != Guid.Empty ? identity : null;
}
