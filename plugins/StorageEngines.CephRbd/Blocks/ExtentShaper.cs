namespace StorageEngines.CephRbd.Blocks;

/// <summary>
/// Makes a list of extents as the contract wants it of whatever comes from Ceph: sorted, disjoint, neighbours joined, clipped, and what grew filled in. Extents may come in any order within a period; a period
/// that comes after a later one is an error, never a list out of order. Memory is what one period holds.
/// </summary>
/// <param name="periodBytes">Bytes of a period.</param>
/// <param name="baseBytes">The base's size; the target's where nothing can have grown.</param>
/// <param name="targetBytes">The target's size.</param>
/// <param name="keepsZeroes">False to leave out what reads as zeroes.</param>
internal sealed class ExtentShaper(long periodBytes, long baseBytes, long targetBytes, bool keepsZeroes)
{
    private readonly List<Extent> _period = [];
    private readonly List<Extent> _ready = [];
    private long _periodStart;
    private long _grown = Math.Min(baseBytes, targetBytes);
    private Extent _held;

    /// <summary>Takes some.</summary>
    /// <returns>Those that are finished; good until the next call.</returns>
    /// <exception cref="InvalidDataException">One comes too late, or has no length.</exception>
    internal IReadOnlyList<Extent> Add(IReadOnlyList<RawExtent> some)
    {
        _ready.Clear();
        foreach (RawExtent each in some)
        {
            Add(each);
        }

        return _ready;
    }

    /// <summary>The last ones.</summary>
    internal IReadOnlyList<Extent> End()
    {
        _ready.Clear();
        ClosePeriods(targetBytes);
        Fill(targetBytes);
        if (_held.Length > 0)
        {
            _ready.Add(_held);
            _held = default;
        }

        return _ready;
    }

    private void Add(RawExtent raw)
    {
        if (raw.Offset < 0 || raw.Length <= 0 || raw.Offset > long.MaxValue - raw.Length)
        {
            throw new InvalidDataException($"an extent of {raw.Length} bytes at {raw.Offset}");
        }

        long end = Math.Min(raw.Offset + raw.Length, targetBytes);
        if (raw.Offset >= end || (!raw.Exists && !keepsZeroes))
        {
            return;
        }

        if (raw.Offset < _periodStart)
        {
            throw new InvalidDataException($"an extent at {raw.Offset} after everything up to {_periodStart}");
        }

        ClosePeriods(raw.Offset);
        _period.Add(Extent.FromBounds(raw.Offset, end, raw.Exists ? ExtentState.Data : ExtentState.Zero));
    }

    // What goes beyond its period waits for the next one.
    private void ClosePeriods(long offset)
    {
        while (_period.Count > 0 && offset >= _periodStart + periodBytes)
        {
            long periodEnd = _periodStart + periodBytes;
            IReadOnlyList<Extent> sorted = IsInOrder() ? _period : ExtentAlgebra.Normalize(_period);
            List<Extent> later = [];
            foreach (Extent each in sorted)
            {
                if (each.Offset < periodEnd)
                {
                    Push(Extent.FromBounds(each.Offset, Math.Min(each.End, periodEnd), each.State));
                }

                if (each.End > periodEnd)
                {
                    later.Add(Extent.FromBounds(Math.Max(each.Offset, periodEnd), each.End, each.State));
                }
            }

            _period.Clear();
            _period.AddRange(later);
            _periodStart = periodEnd;
        }

        if (_period.Count == 0)
        {
            _periodStart = Math.Max(_periodStart, offset - (offset % periodBytes));
        }
        else if (offset == targetBytes)
        {
            IReadOnlyList<Extent> sorted = IsInOrder() ? [.. _period] : ExtentAlgebra.Normalize(_period);
            _period.Clear();
            foreach (Extent each in sorted)
            {
                Push(each);
            }
        }
    }

    private bool IsInOrder()
    {
        for (int i = 1; i < _period.Count; i++)
        {
            if (_period[i].Offset < _period[i - 1].End)
            {
                return false;
            }
        }

        return true;
    }

    // What grew reads as zeroes where nothing else is told, and the copy of the base has nothing there.
    private void Fill(long end)
    {
        if (_grown < end)
        {
            Join(Extent.FromBounds(_grown, end, ExtentState.Zero));
            _grown = end;
        }
    }

    private void Push(Extent extent)
    {
        if (extent.End > _grown)
        {
            Fill(extent.Offset);
            _grown = extent.End;
        }

        Join(extent);
    }

    private void Join(Extent extent)
    {
        if (_held.Length > 0 && _held.End == extent.Offset && _held.State == extent.State)
        {
            _held = Extent.FromBounds(_held.Offset, extent.End, extent.State);
            return;
        }

        if (_held.Length > 0)
        {
            _ready.Add(_held);
        }

        _held = extent;
    }
}
