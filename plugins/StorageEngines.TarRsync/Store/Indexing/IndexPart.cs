namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>A segment as a part of the whole index.</summary>
/// <param name="Segment">The segment.</param>
/// <param name="Map">For each pack in its table the number among all packs; -1 for one that is gone, or that another segment covers.</param>
internal sealed record IndexPart(IndexSegment Segment, int[] Map)
{
    /// <summary>Packs that are gone, or covered elsewhere.</summary>
    internal int Dropped => Map.Count(number => number < 0);
}
