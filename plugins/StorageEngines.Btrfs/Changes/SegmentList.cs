namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// The ranges of one file that the stream speaks of, ascending and disjoint; what comes later in the stream covers what came before. Mostly ranges come
/// in order, but for holes, which may follow on later data.
/// </summary>
/// <param name="most">The most ranges that are kept. With more the list is given up: <see cref="TooMany"/>.</param>
internal sealed class SegmentList(int most)
{
    private Segment[] _segments = new Segment[16];
    private int _count;

    /// <summary>True once there were more ranges than are kept; then there are none.</summary>
    internal bool TooMany { get; private set; }

    internal ReadOnlySpan<Segment> Segments => _segments.AsSpan(0, _count);

    internal void Clear()
    {
        _count = 0;
        TooMany = false;
    }

    internal void GiveUp()
    {
        _count = 0;
        TooMany = true;
    }

    /// <summary>Covers a range; an empty one is nothing.</summary>
    internal void Paint(long start, long end, SegmentState state)
    {
        if (TooMany || end <= start)
        {
            return;
        }

        if (_count > 0 && start < _segments[_count - 1].End)
        {
            Cut(start, end);
        }

        int at = FirstAtOrAfter(start);
        bool joinsLeft = at > 0 && _segments[at - 1].End == start && _segments[at - 1].State == state;
        bool joinsRight = at < _count && _segments[at].Start == end && _segments[at].State == state;
        var painted = new Segment(joinsLeft ? _segments[at - 1].Start : start, joinsRight ? _segments[at].End : end, state);
        Replace(joinsLeft ? at - 1 : at, (joinsLeft ? 1 : 0) + (joinsRight ? 1 : 0), painted);
    }

    /// <summary>The first range of a state that begins at a place or after it.</summary>
    internal bool TryFind(SegmentState state, long from, out Segment found)
    {
        int at = FirstAtOrAfter(from);
        while (at < _count && _segments[at].State != state)
        {
            at++;
        }

        found = at < _count ? _segments[at] : default;
        return at < _count;
    }

    /// <summary>Takes away the first ranges.</summary>
    internal void RemoveFirst(int count)
    {
        _segments.AsSpan(count, _count - count).CopyTo(_segments);
        _count -= count;
    }

    /// <summary>Takes away everything from a place on.</summary>
    internal void Truncate(long at)
    {
        while (_count > 0 && _segments[_count - 1].Start >= at)
        {
            _count--;
        }

        if (_count > 0 && _segments[_count - 1].End > at)
        {
            _segments[_count - 1] = _segments[_count - 1] with { End = at };
        }
    }

    // Takes a range out of what is there.
    private void Cut(long start, long end)
    {
        int first = FirstAtOrAfter(start);
        if (first > 0 && _segments[first - 1].End > start)
        {
            Segment left = _segments[first - 1];
            _segments[first - 1] = left with { End = start };
            if (left.End > end)
            {
                Replace(first, 0, left with { Start = end });
                return;
            }
        }

        int last = first;
        while (last < _count && _segments[last].End <= end)
        {
            last++;
        }

        if (last < _count && _segments[last].Start < end)
        {
            _segments[last] = _segments[last] with { Start = end };
        }

        _segments.AsSpan(last, _count - last).CopyTo(_segments.AsSpan(first));
        _count -= last - first;
    }

    private int FirstAtOrAfter(long start)
    {
        if (_count == 0 || _segments[_count - 1].Start < start)
        {
            return _count;
        }

        (int low, int high) = (0, _count - 1);
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _segments[middle].Start < start ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private void Replace(int at, int count, Segment segment)
    {
        if (count == 0)
        {
            if (_count == most)
            {
                GiveUp();
                return;
            }

            if (_count == _segments.Length)
            {
                Array.Resize(ref _segments, 2 * _count);
            }
        }

        if (count != 1)
        {
            _segments.AsSpan(at + count, _count - at - count).CopyTo(_segments.AsSpan(at + 1));
            _count += 1 - count;
        }

        _segments[at] = segment;
    }
}
