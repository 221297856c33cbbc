namespace StorageEngines.Zfs.Compression;

/// <summary>Decodes runs of zeroes: a byte up to 63 is followed by one byte more than it says, one from 64 on stands for 63 zeroes less than it says. OpenZFS, <c>module/zfs/zle.c</c>.</summary>
internal static class ZleBlock
{
    private const int MostLiterals = 64;

    /// <summary>Decodes; false if the block is damaged or does not fill the target. What follows is padding.</summary>
    internal static bool TryExpand(ReadOnlySpan<byte> source, Span<byte> target)
    {
        int from = 0, to = 0;
        while (from < source.Length && to < target.Length)
        {
            int length = source[from++] + 1;
            bool zeroes = length > MostLiterals;
            length -= zeroes ? MostLiterals : 0;
            if (length > target.Length - to || (!zeroes && length > source.Length - from))
            {
                return false;
            }

            if (zeroes)
            {
                target.Slice(to, length).Clear();
            }
            else
            {
                source.Slice(from, length).CopyTo(target[to..]);
                from += length;
            }

            to += length;
        }

        return to == target.Length;
    }
}
