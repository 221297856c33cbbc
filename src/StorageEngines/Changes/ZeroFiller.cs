using System.Runtime.CompilerServices;

namespace StorageEngines;

/// <summary>Makes a list of changes out of an allocated map: what the map leaves out reads as zeroes, whatever the base has there.</summary>
internal static class ZeroFiller
{
    private const int DefaultBatch = 1024;

    /// <summary>Adds a zero extent for each gap from the query's offset to the capacity.</summary>
    internal static async IAsyncEnumerable<ExtentBatch> FillAsync(
        IAsyncEnumerable<ExtentBatch> allocated, AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int limit = query.MaxResults > 0 ? query.MaxResults : DefaultBatch;
        ExtentBatch? last = null;
        long cursor = query.StartingOffset;
        var pending = new List<Extent>();
        bool sent = false;
        await foreach (ExtentBatch batch in allocated.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            last = batch;
            foreach (Extent extent in batch.Extents)
            {
                AddGap(pending, cursor, extent.Offset);
                pending.Add(extent);
                cursor = Math.Max(cursor, extent.End);
                while (pending.Count >= limit)
                {
                    yield return Take(batch, pending, limit);
                    sent = true;
                }
            }
        }

        if (last is null)
        {
            yield break; // no answer at all; the ladder says so
        }

        AddGap(pending, cursor, last.CapacityBytes);
        while (pending.Count > 0 || !sent)
        {
            yield return Take(last, pending, limit);
            sent = true;
        }
    }

    private static void AddGap(List<Extent> pending, long from, long to)
    {
        if (to > from)
        {
            pending.Add(Extent.FromBounds(from, to, ExtentState.Zero));
        }
    }

    private static ExtentBatch Take(ExtentBatch like, List<Extent> pending, int limit)
    {
        int count = Math.Min(limit, pending.Count);
        Extent[] taken = [.. pending[..count]];
        pending.RemoveRange(0, count);
        return like with { Style = ExtentStyle.VariableLength, BaseCapacityBytes = null, Exactness = Exactness.Superset, Extents = taken };
    }
}
