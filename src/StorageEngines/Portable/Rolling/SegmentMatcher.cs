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
    private const long NearEffortPerByte = 16;
    private const int LeastShare = 64; // for fewer bytes a neighbourhood is not worth the look
    private const int LeastBeside = 16 * 1024;
    private const int MostBeside = 128 * 1024;
    private readonly DiagonalRun _run = new(input.Base, input.Target);
    private readonly NearSearch _close = new(input.Base, input.Target, 8 * 1024, 64);
    private readonly NearSearch _near = new(input.Base, input.Target, 64 * 1024, 128);
    private readonly NearSearch _wide = new(input.Base, input.Target, 1024 * 1024, 1024);
    private FarSearch? _far;
    private long _nearEffort = FreeNearEffort;
    private long _lastRun = MostBeside;
    private List<DeltaPiece> _pieces = [];
    private long _written; // up to where the target is in the pieces

    /// <summary>Divides one segment.</summary>
    /// <returns>Its pieces, in order and without a gap; neighbours of one kind may touch.</returns>
    internal List<DeltaPiece> Match(IReadOnlyList<DeltaRange> ranges, CancellationToken cancellationToken)
    {
        _pieces = [];
        long? before = null; // how far the bytes before moved, if that is known
        for (int i = 0; i < ranges.Count; i++)
        {
            DeltaRange range = ranges[i];
            if (range.IsEqual)
            {
                _pieces.Add(new DeltaPiece(range.Start + range.Distance, range.End - range.Start));
            }
            else
            {
                long distance = before ?? input.Distance;
                long tail = i + 1 < ranges.Count ? Tail(range, distance, ranges[i + 1]) : 0;
                Match(range with { End = range.End - tail }, distance, cancellationToken);
                if (tail > 0)
                {
                    _pieces.Add(new DeltaPiece(range.End - tail + ranges[i + 1].Distance, tail));
                }
            }

            before = range.IsEqual ? range.Distance : null;
        }

        return _pieces;
    }

    /// <summary>How many of a range's last bytes moved together with what is behind them, which may be too far away to be looked for.</summary>
    private long Tail(DeltaRange range, long distance, DeltaRange next)
        => next.IsEqual && next.Distance != distance ? _run.Backward(range.End, range.End + next.Distance, range.Start) : 0;

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
                _nearEffort += run * NearEffortPerByte;
                _lastRun = run;
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
            // After a short run the next one is not expected far away either.
            long beside = _run.NextEqual(at, from, Math.Min(end, at + Math.Clamp(4 * _lastRun, LeastBeside, MostBeside)));
            if (beside >= 0 && _run.Forward(at + beside, from + beside, Math.Min(end, at + beside + LongRun), cancellationToken) >= LongRun
                && !_run.IsConstant(at + beside, LongRun))
            {
                // Overwritten bytes are mostly new ones, so that the base is not read for them; but an index that is there is asked.
                var next = new DeltaMatch(at + beside, from + beside);
                return input.Index.IsMade ? Earlier(next, end, cancellationToken) : next;
            }

            long nearEnd = beside >= 0 ? Math.Min(end, at + beside) : end;
            DeltaMatch? found = Near(_close, at, from, nearEnd) ?? Near(_near, at, from, nearEnd)
                ?? (beside >= 0 ? new DeltaMatch(at + beside, from + beside) : input.Index.IsMade ? null : Near(_wide, at, from, end));
            long skipped = found is { } match ? match.At - at : Math.Min(end - at, _nearEffort > 0 ? _wide.Reach : SkipBytes);
            if ((found is null || skipped > LeastBeside || input.Index.IsMade) && input.IsWorthIndex(skipped))
            {
                return Earlier(found, end, cancellationToken);
            }

            if (found is not null)
            {
                return found;
            }

            at += skipped;
            from += skipped;
        }

        return null;
    }

    /// <summary>Looks in the whole base for what would be passed over.</summary>
    private DeltaMatch? Earlier(DeltaMatch? found, long end, CancellationToken cancellationToken)
    {
        _far ??= new FarSearch(input.Base, input.Target, input.Index);
        return _far.Find(_written, found is { } match ? Math.Min(end, match.At + input.Index.Block) : end, cancellationToken) is { } far && (found is null || far.At < found.Value.At)
            ? far
            : found;
    }

    /// <summary>Looks near by, as long as what was found so pays for it: else many short matches would each cost a look at a whole neighbourhood.</summary>
    private DeltaMatch? Near(NearSearch search, long at, long from, long end)
    {
        if (_nearEffort <= 0 || end - at < Math.Max(search.Block, search.Reach / LeastShare))
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
