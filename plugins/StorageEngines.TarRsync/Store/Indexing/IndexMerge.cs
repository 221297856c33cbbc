namespace StorageEngines.TarRsync.Store.Indexing;

/// <summary>Makes one segment of several.</summary>
internal static class IndexMerge
{
    private const int Growth = 4;

    /// <summary>
    /// Chooses what to merge: from the smallest on as long as the next one is less than four times what is chosen, so that each entry is written a few times only;
    /// more while there are too many; and a segment a quarter of whose packs are gone.
    /// </summary>
    /// <param name="parts">All.</param>
    /// <param name="mostParts">How many there may be.</param>
    /// <param name="eager">False if only that limit counts: what is merged is not kept.</param>
    /// <returns>The segments; none if all can stay as they are.</returns>
    internal static List<IndexPart> Choose(IReadOnlyList<IndexPart> parts, int mostParts, bool eager)
    {
        if (!eager && parts.Count <= mostParts)
            return [];
        List<IndexPart> sorted = [.. parts.OrderBy(part => part.Segment.Count)];
        var chosen = new List<IndexPart>();
        long sum = 0;
        for (int i = 0; i < sorted.Count; i++)
        {
            bool tooMany = sorted.Count - i + 1 > mostParts;
            if (i > 0 && !tooMany && sorted[i].Segment.Count >= sum * Growth)
                break;
            chosen.Add(sorted[i]);
            sum += sorted[i].Segment.Count;
        }
        chosen.AddRange(sorted.Where(part => !chosen.Contains(part) && IsStale(part)));
        return chosen.Count > 1 || (chosen.Count == 1 && IsStale(chosen[0])) ? chosen : [];
    }

    /// <summary>Merges segments into a new one.</summary>
    internal static IndexPart Run(IndexFiles files, IndexMemory memory, IReadOnlyList<IndexPart> parts, IReadOnlyList<PackId> packs)
    {
        int[] map = [.. parts.SelectMany(part => part.Map).Where(number => number >= 0).Distinct()];
        var local = new Dictionary<int, int>(map.Length);
        for (int i = 0; i < map.Length; i++)
            local.Add(map[i], i);
        IndexSegment merged = files.Create(memory, file =>
        {
            var writer = new IndexSegmentWriter(file, [.. map.Select(number => packs[number])], parts.Sum(part => part.Segment.Count));
            var scan = new IndexScan(parts);
            while (scan.MoveNext())
                writer.Add(scan.Current with { Pack = local[scan.Current.Pack] });
            writer.Finish();
        });
        return new IndexPart(merged, map);
    }

    private static bool IsStale(IndexPart part) => part.Dropped > part.Map.Length / Growth;
}
