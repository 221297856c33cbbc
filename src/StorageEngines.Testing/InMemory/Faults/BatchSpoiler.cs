namespace StorageEngines.Testing.Faults;

/// <summary>Puts one mistake into the batches of one answer, which it has to be given in order.</summary>
internal sealed class BatchSpoiler(InMemoryFault fault, long granularity, long start, bool self)
{
    private bool _first = true;
    private bool _dropped;

    /// <summary>The batch with the mistake, or null if it is left out.</summary>
    public ExtentBatch? Spoil(ExtentBatch batch)
    {
        bool first = _first;
        _first = false;
        switch (fault)
        {
            case InMemoryFault.WrongCapacityAcrossBatches when !first:
                return batch with { CapacityBytes = batch.CapacityBytes + granularity };
            case InMemoryFault.NoBatchWhenEmpty when batch.Extents.Count == 0:
                return null;
            case InMemoryFault.SelfDeltaNotEmpty when self && first && batch.CapacityBytes > start:
                return batch with { Extents = [Extent.FromBounds(start / granularity * granularity, Math.Min(batch.CapacityBytes, ((start / granularity) + 1) * granularity))] };
            case InMemoryFault.FallsBackSilently when batch.BaseCapacityBytes is not null && batch.CapacityBytes > start:
                return first ? batch with { Extents = [Extent.FromBounds(start / granularity * granularity, batch.CapacityBytes)] } : null;
            case InMemoryFault.ForgetsGrownRange when batch.BaseCapacityBytes is { } old:
                return batch with { Extents = [.. batch.Extents.Where(extent => extent.Offset < old)] };
            default:
                return batch.Extents.Count == 0 ? batch : batch with { Extents = Spoil(batch.Extents, batch.CapacityBytes) };
        }
    }

    private IReadOnlyList<Extent> Spoil(IReadOnlyList<Extent> extents, long capacity)
    {
        switch (fault)
        {
            case InMemoryFault.DropsAnExtent when !_dropped:
                _dropped = true;
                return [.. extents.Skip(1)];
            case InMemoryFault.ReportsUnsorted:
                return [.. extents.Reverse()];
            case InMemoryFault.OverlapsExtents:
                return [extents[0], .. extents];
            case InMemoryFault.BeyondCapacity:
                return [.. extents.SkipLast(1), Extent.FromBounds(extents[^1].Offset, capacity + 1, extents[^1].State)];
            case InMemoryFault.ZeroExtentNotZero:
                return [.. extents.Select(extent => new Extent(extent.Offset, extent.Length, ExtentState.Zero))];
            case InMemoryFault.DropsDiscards:
                return [.. extents.Where(extent => extent.State == ExtentState.Data)];
            case InMemoryFault.ReportsZeroesAsData:
                return [.. extents.Select(extent => new Extent(extent.Offset, extent.Length))];
            case InMemoryFault.ResumesTooLate:
                return [.. extents.Where(extent => extent.Offset >= start)];
            case InMemoryFault.WrongGranularity when granularity > 1:
                return [.. extents.Select((extent, i) => extent.Offset > (i == 0 ? 0 : extents[i - 1].End) ? Extent.FromBounds(extent.Offset - 1, extent.End, extent.State) : extent)];
            default:
                return extents;
        }
    }
}
