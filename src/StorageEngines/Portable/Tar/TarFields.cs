using System.Buffers.Binary;

namespace StorageEngines.Portable.Tar;

/// <summary>The fields of a tar header block.</summary>
internal static class TarFields
{
    /// <summary>The entry's name, with the prefix that ustar keeps apart.</summary>
    internal static byte[] Name(ReadOnlySpan<byte> block)
    {
        byte[] name = Text(block, 0, 100);
        byte[] prefix = block.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(block, 345, 155) : [];
        return prefix.Length == 0 ? name : [.. prefix, (byte)'/', .. name];
    }

    /// <summary>Bytes up to a NUL or the field's end.</summary>
    internal static byte[] Text(ReadOnlySpan<byte> block, int at, int length)
    {
        ReadOnlySpan<byte> field = block.Slice(at, length);
        int end = field.IndexOf((byte)0);
        return (end < 0 ? field : field[..end]).ToArray();
    }

    /// <summary>A number in octal digits, or in binary where the field says so.</summary>
    /// <exception cref="CorruptDataException">It is neither.</exception>
    internal static long Octal(ReadOnlySpan<byte> block, long blockOffset, int at, int length)
    {
        ReadOnlySpan<byte> field = block.Slice(at, length);
        if (field[0] == 0x80 && length == 12)
        {
            return BinaryPrimitives.ReadInt64BigEndian(field[4..]) is var binary and >= 0 ? binary : throw Corrupt(blockOffset + at, "a number is out of range");
        }

        long value = 0;
        foreach (byte b in field.Trim(" \0"u8))
        {
            value = b is >= (byte)'0' and <= (byte)'7' ? (value << 3) | (uint)(b - '0') : throw Corrupt(blockOffset + at, "a number is malformed");
        }

        return value;
    }

    private static CorruptDataException Corrupt(long offset, string detail) => new("tar archive", offset, detail);
}
