using StorageEngines.Btrfs.Changes;

namespace StorageEngines.Btrfs.Trees;

/// <summary>
/// Finds where the same file differs between two snapshots, by its extents alone. Two pieces are equal if they are the same bytes of the same extent: both
/// snapshots hold the extent, so that nothing else can be written to its place (what is nodatacow or preallocated is written elsewhere for as long as a snapshot
/// shares it). The generation is compared too, as a send does. Extents in the item itself have no address, and a clone keeps the generation of
/// its source, so that of these the bytes are compared.
/// </summary>
internal static class ExtentComparer
{
    private const int CancelEvery = 4096;
    private const long Block = 4096;

    /// <summary>Compares.</summary>
    /// <param name="from">The extents in the base.</param>
    /// <param name="to">Those in the target.</param>
    /// <param name="baseSize">
    /// The file's size in the base. From the block of its end on the target's bytes count, whatever the base has there: a file that is cut keeps the bytes beyond its end on the
    /// device, and a clone of what it was before brings them back with the same extent.
    /// </param>
    /// <param name="size">The file's size in the target; what is beyond does not count.</param>
    /// <param name="sink">Gets the ranges that differ.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static void Run(ExtentCursor from, ExtentCursor to, long baseSize, long size, ISegmentSink sink, CancellationToken cancellationToken)
    {
        bool hasFrom = from.MoveNext(), hasTo = to.MoveNext();
        long at = 0, oldEnd = baseSize < size ? baseSize / Block * Block : long.MaxValue;
        for (long count = 1; at < size && ((hasFrom && at < oldEnd) || hasTo) && !sink.IsEnough(at); count++)
        {
            if (count % CancelEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            hasFrom &= at < oldEnd;
            bool inFrom = hasFrom && from.Current.Offset <= at, inTo = hasTo && to.Current.Offset <= at;
            long end = Math.Min(at < oldEnd ? Math.Min(oldEnd, size) : size, Math.Min(Boundary(hasFrom, inFrom, from), Boundary(hasTo, inTo, to)));
            if (at >= oldEnd || !AreEqual(inFrom ? from : null, inTo ? to : null, at))
            {
                sink.Paint(at, end, inTo && !to.Current.IsZero ? SegmentState.Data : SegmentState.Zero);
            }

            at = end;
            hasFrom = Skip(from, hasFrom, at);
            hasTo = Skip(to, hasTo, at);
        }

        if (at >= oldEnd && at < size)
        {
            sink.Paint(at, size, SegmentState.Zero); // the target has nothing more; what the base has in the block of its end is not looked at
        }
    }

    /// <summary>The ranges of a file that the base does not have.</summary>
    internal static void All(ExtentCursor to, long size, ISegmentSink sink)
    {
        while (!sink.IsEnough(0) && to.MoveNext() && to.Current.Offset < size)
        {
            if (!to.Current.IsZero)
            {
                sink.Paint(to.Current.Offset, Math.Min(size, to.Current.End), SegmentState.Data);
            }
        }
    }

    private static long Boundary(bool has, bool isIn, ExtentCursor cursor) => !has ? long.MaxValue : isIn ? cursor.Current.End : cursor.Current.Offset;

    private static bool Skip(ExtentCursor cursor, bool has, long at)
    {
        while (has && cursor.Current.End <= at)
        {
            has = cursor.MoveNext();
        }

        return has;
    }

    private static bool AreEqual(ExtentCursor? from, ExtentCursor? to, long at)
    {
        bool zeroFrom = from is null || from.Current.IsZero, zeroTo = to is null || to.Current.IsZero;
        if (zeroFrom || zeroTo)
        {
            return zeroFrom && zeroTo;
        }

        ExtentItem a = from!.Current, b = to!.Current;
        return a.Kind == b.Kind && a.Compression == b.Compression
            && (a.IsInline
                ? a.Offset == b.Offset && a.Length == b.Length && from.InlineData.SequenceEqual(to.InlineData)
                : a.Address == b.Address && a.Generation == b.Generation && a.AddressOffset - a.Offset == b.AddressOffset - b.Offset);
    }
}
