namespace StorageEngines.TarRsync.Reflink;

/// <summary>
/// Joins changed ranges that touch, and rounds them to whole grains: data outward; zeroes inward, with their edges as data, because what stands beside them
/// in a grain need not be zero.
/// </summary>
/// <param name="grain">The grain in bytes.</param>
/// <param name="size">Bytes of the target; a grain that it cuts ends there.</param>
internal sealed class ExtentJoiner(long grain, long size)
{
    private readonly Queue<Extent> _done = [];
    private long _from;
    private long _to;
    private ExtentState _state;

    /// <summary>Adds a range; they come in order.</summary>
    internal void Add(long start, long end, ExtentState state)
    {
        long first = Math.Min(Up(start), end);
        long last = end == size ? end : Math.Max(Down(end), first);
        if (state == ExtentState.Data || first >= last)
        {
            Append(Down(start), Math.Min(Up(end), size), ExtentState.Data);
            return;
        }
        if (start < first)
            Append(Down(start), first, ExtentState.Data);
        Append(first, last, ExtentState.Zero);
        if (last < end)
            Append(last, Math.Min(Up(end), size), ExtentState.Data);
    }

    /// <summary>The next extent that is complete.</summary>
    internal bool TryTake(out Extent extent) => _done.TryDequeue(out extent);

    /// <summary>Completes the last one.</summary>
    internal void Finish()
    {
        if (_to > _from)
            _done.Enqueue(Extent.FromBounds(_from, _to, _state));
        _from = _to;
    }

    private void Append(long start, long end, ExtentState state)
    {
        start = Math.Max(start, _to);
        if (start >= end)
            return;
        if (start != _to || state != _state || _from == _to)
        {
            Finish();
            (_from, _state) = (start, state);
        }
        _to = end;
    }

    private long Down(long at) => at / grain * grain;

    private long Up(long at) => Down(checked(at + grain - 1));
}
