namespace StorageEngines;

/// <summary>Tells how far a query is. Safe for use by several threads: the one who lists, and the reader.</summary>
internal sealed class FleetProgress(IProgress<OperationProgress>? progress)
{
    private readonly Lock _gate = new();
    private long _snapshots, _volumes, _bytes;
    private long? _total;

    /// <summary>One more snapshot was listed.</summary>
    internal void Listed()
    {
        lock (_gate)
        {
            _snapshots++;
            Report();
        }
    }

    /// <summary>All volumes are known.</summary>
    internal void ListingEnded(long volumes)
    {
        lock (_gate)
        {
            _total = volumes;
            Report();
        }
    }

    /// <summary>Something is about to be told.</summary>
    internal void Told(FleetEvent what)
    {
        lock (_gate)
        {
            _volumes += what is FleetExtents ? 0 : 1;
            _bytes += what is FleetResult result ? result.DataBytes + result.ZeroBytes : 0;
            Report();
        }
    }

    private void Report()
    {
        bool isListing = _total is null && _volumes == 0;
        progress?.Report(isListing ? new OperationProgress("list", 0, null, _snapshots) : new OperationProgress("compare", _bytes, null, _volumes, _total));
    }
}
