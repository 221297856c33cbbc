namespace StorageEngines.Btrfs.Changes;

/// <summary>Makes changed extents of what the stream said of a file, once both sizes are known.</summary>
internal sealed class ExtentMaker(IExtentStates? states)
{
    private const long Block = 4096;

    private readonly List<Extent> _data = [];

    /// <summary>The extents of a file that changed, joined where they touch.</summary>
    /// <param name="segments">What the stream said, ascending and disjoint.</param>
    /// <param name="zeroFrom">From where on the file holds zeroes where the stream said nothing: the base's end, or where the file was cut.</param>
    /// <param name="targetSize">The size in the target; extents are clipped to it.</param>
    /// <param name="path">The file in the target.</param>
    internal IEnumerable<Extent> Changed(IEnumerable<Segment> segments, long zeroFrom, long targetSize, BytePath path)
    {
        Extent held = default;
        foreach (Extent next in Pieces(segments, zeroFrom, targetSize, path))
        {
            if (held.Length > 0 && held.End == next.Offset && held.State == next.State)
            {
                held = Extent.FromBounds(held.Offset, next.End, next.State);
                continue;
            }

            if (held.Length > 0)
            {
                yield return held;
            }

            held = next;
        }

        if (held.Length > 0)
        {
            yield return held;
        }
    }

    /// <summary>All of a file, as one that the base does not have.</summary>
    internal IEnumerable<Extent> Whole(long size, BytePath path)
        => Changed(size > 0 ? [new Segment(0, size, SegmentState.DataOrZero)] : [], size, size, path);

    /// <summary>The extents of one changed file among many.</summary>
    /// <returns>The extents, or null if there are more than <paramref name="most"/>.</returns>
    internal IReadOnlyList<Extent>? Changed(FileContent content, long baseSize, long targetSize, BytePath path, int most)
        => content.Segments.TooMany
            ? null
            : AtMost(most, Changed(content.Segments.Segments.ToArray(), Math.Min(content.CutAt, baseSize), targetSize, path));

    /// <summary>A list of extents, or null if there are more than so many.</summary>
    internal static List<Extent>? AtMost(int most, IEnumerable<Extent> extents)
    {
        var list = new List<Extent>();
        foreach (Extent extent in extents)
        {
            if (list.Count == most)
            {
                return null;
            }

            list.Add(extent);
        }

        return list;
    }

    private IEnumerable<Extent> Pieces(IEnumerable<Segment> segments, long zeroFrom, long targetSize, BytePath path)
    {
        long at = zeroFrom;
        foreach (Segment segment in segments)
        {
            long end = Math.Min(segment.End, targetSize);
            if (segment.Start >= end)
            {
                break;
            }

            foreach (Extent piece in Gap(at, segment.Start, zeroFrom, path))
            {
                yield return piece;
            }

            at = Math.Max(at, end);
            if (segment.State is SegmentState.Data or SegmentState.Zero)
            {
                yield return Extent.FromBounds(segment.Start, end, segment.State == SegmentState.Data ? ExtentState.Data : ExtentState.Zero);
            }
            else if (segment.State == SegmentState.DataOrZero)
            {
                foreach (Extent piece in Asked(segment.Start, end, path))
                {
                    yield return piece;
                }
            }
        }

        foreach (Extent piece in Gap(at, targetSize, zeroFrom, path))
        {
            yield return piece;
        }
    }

    /// <summary>
    /// What lies beyond the old end and was not told of. It is a hole but for the rest of the old end's block: a file that is cut keeps the bytes of that block on the device,
    /// and a clone of what it was before brings them back. The same extent is in both snapshots then, and the kernel's send says nothing of it.
    /// </summary>
    private IEnumerable<Extent> Gap(long start, long end, long oldEnd, BytePath path)
    {
        long blockEnd = Math.Min(end, (oldEnd + Block - 1) / Block * Block);
        if (start < blockEnd)
        {
            foreach (Extent piece in Asked(start, blockEnd, path))
            {
                yield return piece;
            }
        }

        if (Math.Max(start, blockEnd) < end)
        {
            yield return Extent.FromBounds(Math.Max(start, blockEnd), end, ExtentState.Zero);
        }
    }

    private IEnumerable<Extent> Asked(long start, long end, BytePath path)
    {
        _data.Clear();
        if (states is null || !states.TryReadData(path, Extent.FromBounds(start, end), _data))
        {
            _data.Clear();
            _data.Add(Extent.FromBounds(start, end));
        }

        long at = start;
        foreach (Extent data in _data)
        {
            if (data.Offset > at)
            {
                yield return Extent.FromBounds(at, data.Offset, ExtentState.Zero);
            }

            yield return Extent.FromBounds(data.Offset, data.End);
            at = data.End;
        }

        if (at < end)
        {
            yield return Extent.FromBounds(at, end, ExtentState.Zero);
        }
    }
}
