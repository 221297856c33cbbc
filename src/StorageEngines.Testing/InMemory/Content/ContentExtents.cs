namespace StorageEngines.Testing;

/// <summary>Makes extents from contents: what is allocated, and what differs. Exact to the block; lazy.</summary>
internal static class ContentExtents
{
    public static IEnumerable<Extent> Allocated(SparseContent target, long start)
        => Shape(target, start, target.Blocks.Select(pair => Block(target, pair.Key, pair.Value)));

    /// <summary>What differs; without a base, everything, holes as zeroes.</summary>
    public static IEnumerable<Extent> Differing(SparseContent? baseContent, SparseContent target, long start)
        => Shape(target, start, Compare(baseContent, target, start / target.BlockSize));

    private static IEnumerable<Extent> Compare(SparseContent? baseContent, SparseContent target, long first)
    {
        long end = target.CeilingBlock(target.Length);
        long grownFrom = baseContent is null ? 0 : baseContent.Length >= target.Length ? end : baseContent.Length / target.BlockSize;
        if (baseContent is not null)
        {
            foreach ((long index, byte[]? before, byte[]? after) in Merge(baseContent, target, first, grownFrom))
            {
                if (!ReferenceEquals(before, after) && Differ(before, after, Size(target, index)))
                {
                    yield return Block(target, index, after);
                }
            }
        }

        foreach (Extent extent in Grown(target, Math.Max(first, grownFrom), end))
        {
            yield return extent;
        }
    }

    private static IEnumerable<Extent> Grown(SparseContent target, long position, long end)
    {
        foreach ((long index, byte[] block) in target.Blocks)
        {
            if (index < position)
            {
                continue;
            }

            if (index > position)
            {
                yield return Extent.FromBounds(position * target.BlockSize, index * target.BlockSize, ExtentState.Zero);
            }

            yield return Block(target, index, block);
            position = index + 1;
        }

        if (position < end)
        {
            yield return Extent.FromBounds(position * target.BlockSize, target.Length, ExtentState.Zero);
        }
    }

    private static IEnumerable<(long Index, byte[]? Before, byte[]? After)> Merge(SparseContent before, SparseContent after, long first, long end)
    {
        using IEnumerator<KeyValuePair<long, byte[]>> left = before.Blocks.GetEnumerator();
        using IEnumerator<KeyValuePair<long, byte[]>> right = after.Blocks.GetEnumerator();
        bool hasLeft = left.MoveNext();
        bool hasRight = right.MoveNext();
        while (hasLeft || hasRight)
        {
            long index = Math.Min(hasLeft ? left.Current.Key : long.MaxValue, hasRight ? right.Current.Key : long.MaxValue);
            if (index >= end)
            {
                yield break;
            }

            byte[]? leftBlock = hasLeft && left.Current.Key == index ? left.Current.Value : null;
            byte[]? rightBlock = hasRight && right.Current.Key == index ? right.Current.Value : null;
            hasLeft = leftBlock is null ? hasLeft : left.MoveNext();
            hasRight = rightBlock is null ? hasRight : right.MoveNext();
            if (index >= first)
            {
                yield return (index, leftBlock, rightBlock);
            }
        }
    }

    /// <summary>Joins touching blocks of one state, and drops what ends at or before the start.</summary>
    private static IEnumerable<Extent> Shape(SparseContent target, long start, IEnumerable<Extent> ascending)
    {
        if (start >= target.Length)
        {
            yield break;
        }

        Extent? pending = null;
        foreach (Extent extent in ascending)
        {
            if (extent.End <= start)
            {
                continue;
            }

            if (pending is { } open && open.End == extent.Offset && open.State == extent.State)
            {
                pending = Extent.FromBounds(open.Offset, extent.End, open.State);
                continue;
            }

            if (pending is { } done)
            {
                yield return done;
            }

            pending = extent;
        }

        if (pending is { } last)
        {
            yield return last;
        }
    }

    private static Extent Block(SparseContent target, long index, byte[]? block)
        => new(index * target.BlockSize, Size(target, index), block is null || SparseContent.IsZero(block) ? ExtentState.Zero : ExtentState.Data);

    private static int Size(SparseContent target, long index) => (int)Math.Min(target.BlockSize, target.Length - (index * target.BlockSize));

    private static bool Differ(byte[]? before, byte[]? after, int size)
    {
        if (before is null || after is null)
        {
            return !SparseContent.IsZero((before ?? after).AsSpan(0, size));
        }

        return !before.AsSpan(0, size).SequenceEqual(after.AsSpan(0, size));
    }
}
