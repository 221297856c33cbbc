namespace StorageEngines.CephRbd.Transfer;

/// <summary>Extents whose data is read with one call: a small gap is read with them, since a call costs more than its bytes.</summary>
/// <param name="Extents">The extents, in order; those of zeroes are not read.</param>
/// <param name="Offset">Where the first data begins; bytes.</param>
/// <param name="Length">From there to where the last data ends; bytes. 0 if all is zeroes.</param>
internal sealed record ReadWindow(IReadOnlyList<Extent> Extents, long Offset, int Length)
{
    /// <summary>The most that is read with one call; bytes.</summary>
    internal const int MostBytes = 4 << 20;

    private const long LargestGap = 256 << 10;
    private const int MostExtents = 1024;

    /// <summary>Puts extents together, and cuts those that are longer than what is read at once.</summary>
    internal static async IAsyncEnumerable<ReadWindow> CutAsync(IAsyncEnumerable<Extent> extents)
    {
        List<Extent> window = [];
        long start = 0, end = 0;
        await foreach (Extent extent in extents.ConfigureAwait(false))
        {
            foreach (Extent piece in Pieces(extent))
            {
                bool isData = piece.State != ExtentState.Zero, isFirst = end == start;
                if (window.Count == MostExtents || (isData && !isFirst && (piece.End - start > MostBytes || piece.Offset - end > LargestGap)))
                {
                    yield return new ReadWindow(window, start, (int)(end - start));
                    (window, start, end, isFirst) = ([], 0, 0, true);
                }

                window.Add(piece);
                (start, end) = !isData ? (start, end) : (isFirst ? piece.Offset : start, piece.End);
            }
        }

        if (window.Count > 0)
        {
            yield return new ReadWindow(window, start, (int)(end - start));
        }
    }

    // Data is cut where objects of the usual size end.
    private static IEnumerable<Extent> Pieces(Extent extent)
    {
        if (extent.State == ExtentState.Zero)
        {
            yield return extent;
            yield break;
        }

        for (long at = extent.Offset; at < extent.End;)
        {
            long next = Math.Min(extent.End, (at / MostBytes * MostBytes) + MostBytes);
            yield return Extent.FromBounds(at, next, extent.State);
            at = next;
        }
    }
}
