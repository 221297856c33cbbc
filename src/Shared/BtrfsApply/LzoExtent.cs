using System.Buffers.Binary;

namespace StorageEngines.BtrfsStreams;

/// <summary>
/// Decodes LZO1X in the framing of Btrfs: the whole length (u32), then segments of at most a sector, each with its length (u32), which never lies across the end of
/// a sector. Every index is checked. The formats: linux/fs/btrfs/lzo.c, Documentation/staging/lzo.rst.
/// </summary>
internal static class LzoExtent
{
    private const int LengthBytes = 4;
    private const int NearDistance = 2048;
    private const int FarDistance = 16384;

    /// <summary>Decodes an extent; false if it is damaged.</summary>
    /// <param name="data">The extent as it is on the device.</param>
    /// <param name="target">Gets the bytes.</param>
    /// <param name="sector">Bytes of a sector, 4096 to 65536.</param>
    /// <param name="written">How many bytes it gave.</param>
    internal static bool TryDecode(ReadOnlySpan<byte> data, Span<byte> target, int sector, out int written)
    {
        written = 0;
        if (data.Length < LengthBytes || BinaryPrimitives.ReadUInt32LittleEndian(data) is var whole && (whole > data.Length || whole < LengthBytes))
        {
            return false;
        }

        data = data[..(int)whole];
        for (int at = LengthBytes; at < data.Length && written < target.Length;)
        {
            int left = sector - (at % sector);
            at += left < LengthBytes ? left : 0;
            if (data.Length - at < LengthBytes)
            {
                return at >= data.Length;
            }

            uint length = BinaryPrimitives.ReadUInt32LittleEndian(data[at..]);
            at += LengthBytes;
            if (length > data.Length - at || !TryExpand(data.Slice(at, (int)length), target.Slice(written, Math.Min(sector, target.Length - written)), out int got))
            {
                return false;
            }

            written += got;
            at += (int)length;
        }

        return true;
    }

    /// <summary>Decodes one run of LZO1X; false if it is damaged or gives more than the target holds.</summary>
    internal static bool TryExpand(ReadOnlySpan<byte> source, Span<byte> target, out int written)
    {
        int from = 0, to = 0, state = 0;
        written = 0;
        if (source.Length > 0 && source[0] > 17)
        {
            int first = source[from++] - 17;
            if (!Literals(source, target, ref from, ref to, first))
            {
                return false;
            }

            state = Math.Min(first, 4);
        }

        while (from < source.Length)
        {
            int code = source[from++];
            if (code < 16 && state == 0)
            {
                if (!Length(source, ref from, code, 15, out int run) || !Literals(source, target, ref from, ref to, run + 3))
                {
                    return false;
                }

                state = 4;
                continue;
            }

            if (!Match(source, ref from, code, state, out int distance, out int length, out int next))
            {
                return false;
            }

            if (distance == 0)
            {
                written = to;
                return from == source.Length;
            }

            if (!Repeat(target, ref to, distance, length) || !Literals(source, target, ref from, ref to, next))
            {
                return false;
            }

            state = next;
        }

        return false; // It lacks its end.
    }

    // A distance of 0 is the end.
    private static bool Match(ReadOnlySpan<byte> source, ref int from, int code, int state, out int distance, out int length, out int next)
    {
        (distance, length, next) = (0, 0, code & 3);
        if (code is >= 16 and < 64)
        {
            int mask = code < 32 ? 7 : 31;
            if (!Length(source, ref from, code & mask, mask, out length) || source.Length - from < 2)
            {
                return false;
            }

            int pair = BinaryPrimitives.ReadUInt16LittleEndian(source[from..]);
            from += 2;
            next = pair & 3;
            distance = code < 32 ? FarDistance + ((code & 8) << 11) + (pair >> 2) : (pair >> 2) + 1;
            distance = distance == FarDistance && code < 32 ? 0 : distance;
            length += 2;
            return true;
        }

        if (from >= source.Length)
        {
            return false;
        }

        int high = source[from++];
        (distance, length) = code switch
        {
            >= 128 => ((high << 3) + ((code >> 2) & 7) + 1, 5 + ((code >> 5) & 3)),
            >= 64 => ((high << 3) + ((code >> 2) & 7) + 1, 3 + ((code >> 5) & 1)),
            _ when state == 4 => ((high << 2) + (code >> 2) + NearDistance + 1, 3),
            _ => ((high << 2) + (code >> 2) + 1, 2),
        };
        return true;
    }

    // A length of 0 in the code goes on in the next bytes: each zero is 255 more.
    private static bool Length(ReadOnlySpan<byte> source, ref int from, int given, int atZero, out int length)
    {
        length = given;
        if (given != 0)
        {
            return true;
        }

        for (length = atZero; from < source.Length; length += 255)
        {
            int more = source[from++];
            if (more != 0)
            {
                length += more;
                return true;
            }
        }

        return false;
    }

    private static bool Literals(ReadOnlySpan<byte> source, Span<byte> target, ref int from, ref int to, int count)
    {
        if (count > source.Length - from || count > target.Length - to)
        {
            return false;
        }

        source.Slice(from, count).CopyTo(target[to..]);
        from += count;
        to += count;
        return true;
    }

    // Byte by byte where the two overlap, which repeats a pattern.
    private static bool Repeat(Span<byte> target, ref int to, int distance, int length)
    {
        if (distance > to || length > target.Length - to)
        {
            return false;
        }

        if (distance >= length)
        {
            target.Slice(to - distance, length).CopyTo(target[to..]);
            to += length;
            return true;
        }

        for (int end = to + length; to < end; to++)
        {
            target[to] = target[to - distance];
        }

        return true;
    }
}
