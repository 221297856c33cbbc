using System.Buffers.Binary;

namespace StorageEngines.Zfs.Tests.Compression;

/// <summary>Plain encoders, for tests of the decoders: each takes the longest repetition that it finds by looking at every distance.</summary>
internal static class Encoders
{
    internal static byte[] Lzjb(byte[] data)
    {
        var packed = new List<byte>();
        int items = 0, bit = 8;
        for (int at = 0; at < data.Length;)
        {
            if (bit == 8)
            {
                (items, bit) = (packed.Count, 0);
                packed.Add(0);
            }

            (int distance, int length) = Longest(data, at, 1023, 66);
            if (length >= 3)
            {
                packed[items] |= (byte)(1 << bit);
                packed.Add((byte)((length - 3) << 2 | distance >> 8));
                packed.Add((byte)(distance & 255));
                at += length;
            }
            else
            {
                packed.Add(data[at++]);
            }

            bit++;
        }

        return [.. packed];
    }

    internal static byte[] Zle(byte[] data)
    {
        var packed = new List<byte>();
        for (int at = 0; at < data.Length;)
        {
            int end = at;
            bool zero = data[at] == 0;
            while (end < data.Length && data[end] == 0 == zero && end - at < (zero ? 192 : 64))
            {
                end++;
            }

            packed.Add((byte)(zero ? 63 + end - at : end - at - 1));
            packed.AddRange(zero ? [] : data[at..end]);
            at = end;
        }

        return [.. packed];
    }

    internal static byte[] Lz4(byte[] data)
    {
        var packed = new List<byte> { 0, 0, 0, 0 };
        int literals = 0;
        for (int at = 0; at < data.Length;)
        {
            (int distance, int length) = at < data.Length - 16 ? Longest(data, at, 2000, data.Length - 8 - at) : (0, 0);
            if (length < 4)
            {
                at++;
                continue;
            }

            Sequence(packed, data[literals..at], length - 4);
            packed.Add((byte)(distance & 255));
            packed.Add((byte)(distance >> 8));
            Rest(packed, length - 4);
            at += length;
            literals = at;
        }

        Sequence(packed, data[literals..], 0, last: true);
        byte[] block = [.. packed];
        BinaryPrimitives.WriteInt32BigEndian(block, block.Length - 4);
        return block;
    }

    // The lengths of a match that do not fit its nibble come after its distance, those of literals before them.
    private static void Sequence(List<byte> packed, byte[] literals, int match, bool last = false)
    {
        packed.Add((byte)(Math.Min(literals.Length, 15) << 4 | (last ? 0 : Math.Min(match, 15))));
        Rest(packed, literals.Length);
        packed.AddRange(literals);
    }

    private static void Rest(List<byte> packed, int length)
    {
        if (length < 15)
        {
            return;
        }

        int left = length - 15;
        for (; left >= 255; left -= 255)
        {
            packed.Add(255);
        }

        packed.Add((byte)left);
    }

    private static (int Distance, int Length) Longest(byte[] data, int at, int farthest, int longest)
    {
        (int best, int length) = (0, 0);
        for (int distance = 1; distance <= Math.Min(at, farthest) && length < longest; distance++)
        {
            int same = 0;
            while (same < longest && at + same < data.Length && data[at + same] == data[at + same - distance])
            {
                same++;
            }

            (best, length) = same > length ? (distance, same) : (best, length);
        }

        return (best, length);
    }
}
