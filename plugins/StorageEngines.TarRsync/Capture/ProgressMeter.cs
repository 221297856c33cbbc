namespace StorageEngines.TarRsync.Capture;

/// <summary>Reports progress, at most some ten times a second. Safe for use by several threads.</summary>
internal sealed class ProgressMeter(IProgress<OperationProgress>? target, string phase, long? totalBytes = null, long? totalItems = null)
{
    private const long IntervalMs = 100;
    private long _bytes;
    private long _items;
    private long _next;

    /// <summary>Adds what was done since.</summary>
    internal void Advance(long bytes, long items)
    {
        if (target is null)
        {
            return;
        }

        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Add(ref _items, items);
        long now = Environment.TickCount64;
        long next = Interlocked.Read(ref _next);
        if (now >= next && Interlocked.CompareExchange(ref _next, now + IntervalMs, next) == next)
        {
            Report();
        }
    }

    /// <summary>Reports the final state.</summary>
    internal void Report() => target?.Report(new OperationProgress(phase, Interlocked.Read(ref _bytes), totalBytes, Interlocked.Read(ref _items), totalItems));
}
