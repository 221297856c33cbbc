namespace StorageEngines.Btrfs.Changes;

/// <summary>Makes changed extents of what the stream said of a file, once both sizes are known.</summary>
internal sealed class ExtentMaker(IExtentStates? states)
{
    private readonly List<Extent> _data = [];
    private List<Extent> _made = [];
    private int _most;

    /// <summary>The extents of a file that changed.</summary>
    /// <param name="content">What the stream said.</param>
    /// <param name="baseSize">The size in the base; 0 for a new file.</param>
    /// <param name="targetSize">The size in the target.</param>
    /// <param name="path">The file in the target.</param>
    /// <param name="most">The most extents.</param>
    /// <returns>The extents, or null if there are more.</returns>
    internal IReadOnlyList<Extent>? Changed(FileContent content, long baseSize, long targetSize, BytePath path, int most)
    {
        if (content.Segments.TooMany)
        {
            return null;
        }

        Begin(most);
        long zeroFrom = Math.Min(content.CutAt, baseSize), at = zeroFrom;
        foreach (Segment segment in content.Segments.Segments)
        {
            long end = Math.Min(segment.End, targetSize);
            if (segment.Start >= end)
            {
                break;
            }

            if (segment.Start > at)
            {
                Add(at, segment.Start, ExtentState.Zero);
            }

            Add(segment with { End = end }, path);
            at = Math.Max(at, end);
        }

        Add(at, targetSize, ExtentState.Zero);
        return Made();
    }

    /// <summary>All of a file, as one that the base does not have.</summary>
    internal IReadOnlyList<Extent>? Whole(long size, BytePath path, int most)
    {
        Begin(most);
        if (size > 0)
        {
            Add(new Segment(0, size, SegmentState.DataOrZero), path);
        }

        return Made();
    }

    private void Begin(int most)
    {
        _made.Clear();
        _most = most;
    }

    private IReadOnlyList<Extent>? Made()
    {
        if (_made.Count > _most)
        {
            return null;
        }

        List<Extent> made = _made;
        _made = [];
        return made;
    }

    private void Add(Segment segment, BytePath path)
    {
        switch (segment.State)
        {
            case SegmentState.Data: Add(segment.Start, segment.End, ExtentState.Data); break;
            case SegmentState.Zero: Add(segment.Start, segment.End, ExtentState.Zero); break;
            case SegmentState.DataOrZero: AddAsked(segment, path); break;
        }
    }

    private void AddAsked(Segment segment, BytePath path)
    {
        _data.Clear();
        if (states is null || !states.TryReadData(path, Extent.FromBounds(segment.Start, segment.End), _data))
        {
            Add(segment.Start, segment.End, ExtentState.Data);
            return;
        }

        long at = segment.Start;
        foreach (Extent data in _data)
        {
            Add(at, data.Offset, ExtentState.Zero);
            Add(data.Offset, data.End, ExtentState.Data);
            at = data.End;
        }

        Add(at, segment.End, ExtentState.Zero);
    }

    private void Add(long start, long end, ExtentState state)
    {
        if (end <= start)
        {
            return;
        }

        if (_made.Count > 0 && _made[^1] is var last && last.End == start && last.State == state)
        {
            _made[^1] = Extent.FromBounds(last.Offset, end, state);
        }
        else if (_made.Count <= _most)
        {
            _made.Add(Extent.FromBounds(start, end, state));
        }
    }
}
