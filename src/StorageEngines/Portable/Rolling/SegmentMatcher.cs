namespace StorageEngines.Portable.Rolling;

/// <summary>
/// Divides ranges of the target into what the base has and what is new. The next bytes are always expected where the last ones were found, and compared there
/// first. Where they differ, they are looked for in the cheapest place first: a little further on beside each other (bytes were overwritten), then near by (bytes were
/// inserted or removed), then in the whole base. What is found is followed to its last equal byte in both directions. One for each thread.
/// </summary>
internal sealed class SegmentMatcher(DeltaInput input)
{
    private const int ShortestRun = 32; // a copy takes up to 17 bytes in the difference
    private const int LongRun = 4096;
    private const int SkipBytes = 64 * 1024;
    private const long FreeNearEffort = 16 << 20;
    private readonly DiagonalRun _run = new(input.Base, input.Target);
    private readonly NearSearch _near = new(input.Base, input.Target, 64 * 1024, 128);
    private readonly NearSearch _wide = new(input.Base, input.Target, 1024 * 1024, 1024);
    private FarSearch? _far;
    private long _nearEffort = FreeNearEffort;
    private List<DeltaPiece> _pieces = [];
    private long _written; // up to where the target is in the pieces

    /// <summary>Divides one segment.</summary>
    /// <returns>Its pieces, in order and without a gap; neighbours of one kind may touch.</returns>
    internal List<DeltaPiece> Match(IReadOnlyList<DeltaRange> ranges, CancellationToken cancellationToken)
    {
        _pieces = [];
        bool beside = false; // the bytes before are where they were
        foreach (DeltaRange range in ranges)
        {
            if (range.IsEqual)
            {
                _pieces.Add(new DeltaPiece(range.Start, range.End - range.Start));
            }
            else
            {
                Match(range, beside ? 0 : input.Distance, cancellationToken);
            }

            beside = range.IsEqual;
        }

        return _pieces;
    }

    /// <param name="range">What is to be divided.</param>
    /// <param name="distance">Of a place in the base from that in the target, where to look first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    private void Match(DeltaRange range, long distance, CancellationToken cancellationToken)
    {
        _written = range.Start;
        for (long at = range.Start; at < range.End;)
        {
            long run = _run.Forward(at, at + distance, range.End, cancellationToken);
            if (run >= ShortestRun || (run > 0 && at + run == range.End))
            {
                Copy(at, at + distance, run);
                at += run;
                _nearEffort += run;
                input.Distance = distance;
                continue;
            }

            if (Next(at, at + distance, range.End, cancellationToken) is not { } match)
            {
                break;
            }

            at = match.At;
            distance = match.From - match.At;
        }

        New(range.End);
    }

    private DeltaMatch? Next(long at, long from, long end, CancellationToken cancellationToken)
    {
        while (at < end)
        {
            int beside = _run.NextEqual(at, from, end);
            if (beside >= 0 && _run.Forward(at + beside, from + beside, Math.Min(end, at + beside + LongRun), cancellationToken) >= LongRun
                && !_run.IsConstant(at + beside, LongRun))
            {
                return new DeltaMatch(at + beside, from + beside);
            }

            long nearEnd = beside >= 0 ? Math.Min(end, at + beside) : end;
            if (Near(_near, at, from, nearEnd) is { } near)
            {
                return near;
            }

            if (beside >= 0)
            {
                return new DeltaMatch(at + beside, from + beside);
            }

            if (Near(_wide, at, from, end) is { } wide)
            {
                return wide;
            }

            long skipped = Math.Min(end - at, _nearEffort > 0 ? _wide.Reach : SkipBytes);
            if (input.IsWorthIndex(skipped))
            {
                _far ??= new FarSearch(input.Base, input.Target, input.Index);
                return _far.Find(_written, end, cancellationToken);
            }

            at += skipped;
            from += skipped;
        }

        return null;
    }

    /// <summary>Looks near by, as long as what was found so pays for it: else many short matches would each cost a look at a whole neighbourhood.</summary>
    private DeltaMatch? Near(NearSearch search, long at, long from, long end)
    {
        if (_nearEffort <= 0)
        {
            return null;
        }

        _nearEffort -= 3L * search.Reach;
        return search.Find(at, from, end);
    }

    private void Copy(long at, long from, long length)
    {
        long before = _run.Backward(at, from, _written);
        New(at - before);
        _pieces.Add(new DeltaPiece(from - before, length + before));
        _written = at + length;
    }

    private void New(long end)
    {
        if (end > _written)
        {
            _pieces.Add(new DeltaPiece(DeltaPiece.New, end - _written));
            _written = end;
        }
    }
}
