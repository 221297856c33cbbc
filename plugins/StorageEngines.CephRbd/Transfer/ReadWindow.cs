namespace StorageEngines.CephRbd.Transfer;

/// <summary>Extents whose data is read with one call, which by the program takes longer than its bytes do.</summary>
/// <param name="Parts">The extents, in order, and where in what is read the data of each begins; those of zeroes are not read.</param>
/// <param name="Ranges">What is read, one range behind the other; a small gap is read with what is around it. Empty if all is zeroes.</param>
internal sealed record ReadWindow(IReadOnlyList<(Extent Extent, int At)> Parts, IReadOnlyList<(long Offset, int Count)> Ranges)
{
    /// <summary>The most that is read with one call; bytes.</summary>
    internal const int MostBytes = 4 << 20;

    private const long LargestGap = 64 << 10;
    private const int MostParts = 1024;

    /// <summary>Where a byte of what was read is in the image; bytes.</summary>
    internal long OffsetOf(int at)
    {
        foreach ((long offset, int count) in Ranges)
        {
            if (at < count)
            {
                return offset + at;
            }

            at -= count;
        }

        throw new ArgumentOutOfRangeException(nameof(at));
    }

    /// <summary>Puts extents together, and cuts those that are longer than what is read at once.</summary>
    internal static async IAsyncEnumerable<ReadWindow> CutAsync(IAsyncEnumerable<Extent> extents)
    {
        List<(Extent Extent, int At)> parts = [];
        List<(long Offset, int Count)> ranges = [];
        int total = 0;
        await foreach (Extent extent in extents.ConfigureAwait(false))
        {
            foreach (Extent piece in Pieces(extent))
            {
                int count = piece.State == ExtentState.Zero ? 0 : (int)piece.Length;
                if (parts.Count == MostParts || total + Gap(ranges, piece) + count > MostBytes)
                {
                    yield return new ReadWindow(parts, ranges);
                    (parts, ranges, total) = ([], [], 0);
                }

                int gap = count == 0 ? 0 : Add(ranges, piece);
                parts.Add((piece, total + gap));
                total += gap + count;
            }
        }

        if (parts.Count > 0)
        {
            yield return new ReadWindow(parts, ranges);
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

    // What is read between a piece and the one before; 0 if it is a range of its own.
    private static int Gap(List<(long Offset, int Count)> ranges, Extent piece)
        => piece.State != ExtentState.Zero && ranges.Count > 0 && piece.Offset - (ranges[^1].Offset + ranges[^1].Count) is var gap and <= LargestGap ? (int)gap : 0;

    private static int Add(List<(long Offset, int Count)> ranges, Extent piece)
    {
        if (ranges.Count == 0 || piece.Offset - (ranges[^1].Offset + ranges[^1].Count) > LargestGap)
        {
            ranges.Add((piece.Offset, (int)piece.Length));
            return 0;
        }

        int gap = Gap(ranges, piece);
        ranges[^1] = (ranges[^1].Offset, ranges[^1].Count + gap + (int)piece.Length);
        return gap;
    }
}
