using System.Buffers.Binary;

namespace StorageEngines.Zfs.Compression;

/// <summary>
/// Decodes LZ4 blocks as ZFS stores them: the length of the block (u32, big-endian), then the block. Every index is checked. The format: lz4_Block_format.md of the LZ4 project.
/// </summary>
internal static class Lz4Block
{
    private const int LengthBytes = 4;
    private const int LeastMatch = 4;
    private const int Nibble = 15;

    /// <summary>Decodes; false if the block is damaged or does not give exactly what the target holds.</summary>
    internal static bool TryExpand(ReadOnlySpan<byte> data, Span<byte> target)
    {
        if (data.Length < LengthBytes || BinaryPrimitives.ReadUInt32BigEndian(data) is var length && length > data.Length - LengthBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> source = data.Slice(LengthBytes, (int)length);
        int from = 0, to = 0;
        while (from < source.Length)
        {
            int token = source[from++];
            if (!Length(source, ref from, token >> 4, out int literals) || literals > source.Length - from || literals > target.Length - to)
            {
                return false;
            }

            source.Slice(from, literals).CopyTo(target[to..]);
            from += literals;
            to += literals;
            if (from == source.Length)
            {
                return to == target.Length; // The last sequence has no match.
            }

            if (source.Length - from < 2)
            {
                return false;
            }

            int distance = BinaryPrimitives.ReadUInt16LittleEndian(source[from..]);
            from += 2;
            if (!Length(source, ref from, token & Nibble, out int match) || !Repeat(target, ref to, distance, match + LeastMatch))
            {
                return false;
            }
        }

        return false; // It ends within a match.
    }

    /// <summary>Copies what is so far behind; it may overlap itself.</summary>
    internal static bool Repeat(Span<byte> target, ref int to, int distance, int length)
    {
        if (distance == 0 || distance > to || length > target.Length - to)
        {
            return false;
        }

        // What was copied doubles each time, until it need not overlap.
        for (int left = length; left > 0;)
        {
            int piece = Math.Min(distance, left);
            target.Slice(to - distance, piece).CopyTo(target[to..]);
            to += piece;
            left -= piece;
            distance += piece == distance ? piece : 0;
        }

        return true;
    }

    // A full nibble goes on in the next bytes, as long as they are 255.
    private static bool Length(ReadOnlySpan<byte> source, ref int from, int nibble, out int length)
    {
        length = nibble;
        if (nibble < Nibble)
        {
            return true;
        }

        while (from < source.Length)
        {
            int more = source[from++];
            length += more;
            if (more < byte.MaxValue)
            {
                return true;
            }
        }

        return false;
    }
}
