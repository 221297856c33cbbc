using System.Runtime.InteropServices;

namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// The ranges of one file of any size, as <see cref="SegmentList"/> keeps them, in bounded memory: what lies far behind goes to a spool. What comes for a place
/// that is spooled already waits beside it; the kernel sends little of that, the holes.
/// </summary>
/// <param name="directory">Where the spool's file is made if it is needed.</param>
/// <param name="window">Ranges that are kept at hand. Default: 65,536.</param>
/// <param name="mostLate">Ranges that may wait beside the spool; with more, the list is given up. Default: 1,048,576.</param>
internal sealed class SegmentSpool(string directory, int window = 1 << 16, int mostLate = 1 << 20) : IDisposable
{
    private readonly ChangeSpool _spool = new(directory);
    private readonly SegmentList _near = new(int.MaxValue);
    private readonly SegmentList _late = new(mostLate);
    private long _spooledEnd;

    /// <summary>True if too much came out of order; nothing is known then.</summary>
    internal bool GaveUp => _late.TooMany;

    private static int RecordLength => Marshal.SizeOf<Record>();

    /// <summary>Covers a range.</summary>
    internal void Paint(long start, long end, SegmentState state)
    {
        if (start < _spooledEnd)
        {
            _late.Paint(start, Math.Min(end, _spooledEnd), state);
            start = _spooledEnd;
        }

        _near.Paint(start, end, state);
        if (_near.Segments.Length >= window)
        {
            Spill(window / 2);
        }
    }

    /// <summary>Takes away everything from a place on.</summary>
    internal void Truncate(long at)
    {
        _near.Truncate(at);
        _late.Truncate(at);
        if (at >= _spooledEnd)
        {
            return;
        }

        long count = FirstAtOrAfter(at);
        Segment last = count > 0 ? Spooled(count - 1) : default;
        bool isCut = last.End > at;
        count -= isCut ? 1 : 0;
        _spool.Truncate(count * RecordLength);
        _spooledEnd = count > 0 ? Spooled(count - 1).End : 0;
        if (isCut)
        {
            _near.Paint(last.Start, at, last.State);
        }

        Segment[] late = _late.Segments.ToArray();
        _late.Truncate(_spooledEnd);
        foreach (Segment segment in late.Where(segment => segment.End > _spooledEnd))
        {
            _near.Paint(Math.Max(segment.Start, _spooledEnd), segment.End, segment.State);
        }
    }

    /// <summary>All ranges, ascending and disjoint; those that touch need not be joined.</summary>
    internal IEnumerable<Segment> Segments() => Covered().Concat(_near.Segments.ToArray());

    /// <inheritdoc/>
    public void Dispose() => _spool.Dispose();

    private IEnumerable<Segment> Covered()
    {
        Segment[] late = _late.Segments.ToArray();
        int next = 0;
        long done = 0;
        foreach (Segment spooled in AllSpooled())
        {
            for (; next < late.Length && late[next].Start < spooled.End; next++)
            {
                long from = Math.Max(done, spooled.Start);
                if (late[next].Start > from)
                {
                    yield return new Segment(from, late[next].Start, spooled.State);
                }

                yield return late[next];
                done = late[next].End;
            }

            if (spooled.End > Math.Max(done, spooled.Start))
            {
                yield return spooled with { Start = Math.Max(done, spooled.Start) };
                done = spooled.End;
            }
        }

        foreach (Segment segment in late[next..])
        {
            yield return segment;
        }
    }

    private IEnumerable<Segment> AllSpooled()
    {
        var records = new Record[4096];
        for (long at = 0; at < _spool.Length;)
        {
            int got = _spool.Read(at, MemoryMarshal.AsBytes(records.AsSpan()));
            at += got;
            for (int i = 0; i < got / RecordLength; i++)
            {
                yield return records[i].ToSegment();
            }
        }
    }

    private void Spill(int count)
    {
        foreach (Segment segment in _near.Segments[..count])
        {
            var record = new Record(segment.Start, segment.End, (long)segment.State);
            _spool.Write(MemoryMarshal.AsBytes(new ReadOnlySpan<Record>(in record)));
            _spooledEnd = segment.End;
        }

        _near.RemoveFirst(count);
    }

    private long FirstAtOrAfter(long start)
    {
        (long low, long high) = (0, _spool.Length / RecordLength);
        while (low < high)
        {
            long middle = (low + high) / 2;
            (low, high) = Spooled(middle).Start < start ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private Segment Spooled(long index)
    {
        var record = default(Record);
        _spool.Read(index * RecordLength, MemoryMarshal.AsBytes(new Span<Record>(ref record)));
        return record.ToSegment();
    }

    private readonly record struct Record(long Start, long End, long State)
    {
        internal Segment ToSegment() => new(Start, End, (SegmentState)State);
    }
}
