namespace StorageEngines.Zfs.Compression;

/// <summary>
/// Decodes LZJB: before every eight items a byte tells, bit by bit from the lowest, which are bytes and which are repetitions; these have 6 bits of length and 10 of distance.
/// Every index is checked. OpenZFS, <c>module/zfs/lzjb.c</c>.
/// </summary>
internal static class LzjbBlock
{
    private const int LeastMatch = 3;

    /// <summary>Decodes; false if the block is damaged or does not fill the target. What follows is padding.</summary>
    internal static bool TryExpand(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int from = 0, to = 0, items = 0;
        for (int left = 0; to < target.Length; left--, items >>= 1)
        {
            if (left == 0)
            {
                if (from >= source.Length)
                {
                    return false;
                }

                (items, left) = (source[from++], 8);
            }

            if ((items & 1) == 0)
            {
                if (from >= source.Length)
                {
                    return false;
                }

                target[to++] = source[from++];
                continue;
            }

            if (source.Length - from < 2)
            {
                return false;
            }

            int length = (source[from] >> 2) + LeastMatch, distance = (source[from] & 3) << 8 | source[from + 1];
            from += 2;
            if (!Lz4Block.Repeat(target, ref to, distance, Math.Min(length, target.Length - to)))
            {
                return false;
            }
        }

        return true;
    }
}
