namespace StorageEngines;

/// <summary>
/// Walks two ascending lists of extents side by side and cuts them into pieces that lie wholly inside or outside each list. It pulls nothing itself: the
/// caller feeds it, from an ordinary or an asynchronous enumerator, so that the algebra is written once.
/// </summary>
internal struct ExtentSweep(ExtentOperation operation)
{
    private Side _left;
    private Side _right;

    public readonly bool NeedsLeft => _left.NeedsHead;

    public readonly bool NeedsRight => _right.NeedsHead && !IsDone;

    /// <summary>True if nothing more can come out, whatever the lists still hold.</summary>
    public readonly bool IsDone => operation switch
    {
        ExtentOperation.Union => _left.Exhausted && _right.Exhausted,
        ExtentOperation.Intersect => _left.Exhausted || _right.Exhausted,
        _ => _left.Exhausted,
    };

    public void FeedLeft(Extent? next) => _left.Feed(next);

    public void FeedRight(Extent? next) => _right.Feed(next);

    /// <summary>Takes the next piece off the heads of both lists.</summary>
    /// <returns>True if the piece belongs to the result.</returns>
    public bool TryTake(out Extent piece)
    {
        long start = Math.Min(_left.Start, _right.Start);
        long end = Math.Min(_left.NextBoundary(start), _right.NextBoundary(start));
        bool inLeft = _left.Start == start && !_left.Exhausted;
        bool inRight = _right.Start == start && !_right.Exhausted;
        ExtentState? state = operation switch
        {
            ExtentOperation.Union => UnionState(inLeft, inRight),
            ExtentOperation.Intersect => inLeft && inRight ? _left.State : null,
            _ => inLeft && !inRight ? _left.State : null,
        };
        _left.AdvanceTo(end);
        _right.AdvanceTo(end);
        piece = state is { } kept ? Extent.FromBounds(start, end, kept) : default;
        return state is not null;
    }

    private readonly ExtentState UnionState(bool inLeft, bool inRight)
        => (inLeft && _left.State == ExtentState.Data) || (inRight && _right.State == ExtentState.Data) ? ExtentState.Data : ExtentState.Zero;

    /// <summary>The head of one list: what is left of its current extent.</summary>
    private struct Side
    {
        private long _start;
        private long _end;
        private long _lastEnd;
        private bool _hasHead;

        public bool Exhausted { get; private set; }

        public ExtentState State { get; private set; }

        public readonly bool NeedsHead => !_hasHead && !Exhausted;

        public readonly long Start => _hasHead ? _start : long.MaxValue;

        public void Feed(Extent? next)
        {
            if (next is not { } extent)
            {
                Exhausted = true;
                return;
            }

            if (extent.Offset < _lastEnd || extent.Length <= 0)
            {
                throw new InvalidOperationException($"Extents have to be ascending and disjoint; {extent} comes after one that ends at {_lastEnd}.");
            }

            (_start, _end, _lastEnd, State, _hasHead) = (extent.Offset, extent.End, extent.End, extent.State, true);
        }

        /// <summary>Where this list changes next, seen from <paramref name="position"/>: the head's begin if it is still ahead, else its end.</summary>
        public readonly long NextBoundary(long position) => !_hasHead ? long.MaxValue : _start > position ? _start : _end;

        public void AdvanceTo(long position)
        {
            _start = Math.Max(_start, position);
            _hasHead = _hasHead && _start < _end;
        }
    }
}
