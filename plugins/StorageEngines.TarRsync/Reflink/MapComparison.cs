using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>
/// Compares the maps of two clones, some thousand extents at a time. A block at the same address in both is the same data, since both files hold on to it
/// and neither is written to. The file system may move blocks meanwhile (balance, defragmentation, deduplication), and use the place again: so the base's
/// map is read before and after the target's, and counts only if it is the same.
/// </summary>
/// <param name="before">The base's map.</param>
/// <param name="beforeSize">Bytes of the base.</param>
/// <param name="after">The target's map.</param>
/// <param name="size">Bytes of the target.</param>
internal sealed class MapComparison(CloneMap before, long beforeSize, CloneMap after, long size)
{
    private const int Attempts = 5;
    private const FileExtentFlags PlaceIsNoProof = FileExtentFlags.Unknown | FileExtentFlags.Delayed | FileExtentFlags.Encoded | FileExtentFlags.Encrypted
        | FileExtentFlags.NotAligned | FileExtentFlags.Inline | FileExtentFlags.Tail;

    private readonly bool _proves = before.ProvesSharing && after.ProvesSharing;
    private readonly long _grownFrom = size > beforeSize ? beforeSize / after.GrainBytes * after.GrainBytes : size;

    /// <summary>Called between two looks at the base's map; for tests.</summary>
    internal Action? BetweenLooks { get; set; }

    /// <summary>All ranges in order, those included that are the same.</summary>
    internal IEnumerable<Piece> Pieces(CancellationToken cancellationToken)
    {
        // The two halves are looked at side by side: of most files that is all there is to do.
        long middle = size / 2 / after.GrainBytes * after.GrainBytes;
        Look? second = null;
        Task? ahead = null;
        if (_proves && middle > 0 && BetweenLooks is null && Environment.ProcessorCount > 1)
        {
            second = new Look(before.Another(), after.Another());
            ahead = Task.Run(() => ReadSteady(second, middle, size), CancellationToken.None);
        }
        try
        {
            var look = new Look(before, after);
            for (long at = 0; at < size; at = look.End)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (at == middle && ahead is not null)
                {
                    ahead.GetAwaiter().GetResult();
                    (look, ahead) = (second!, null);
                }
                else
                {
                    ReadSteady(look, at, ahead is null ? size : middle);
                }
                foreach (Piece piece in Pieces(look, at))
                    yield return piece;
            }
        }
        finally
        {
            // Nobody may look at a file that is about to be closed.
            ahead?.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        }
    }

    private IEnumerable<Piece> Pieces(Look look, long at)
    {
        int old = 0;
        int now = 0;
        for (long end = look.End; at < end;)
        {
            FileExtent? a = Find(look.Old, ref old, at, out long oldEdge);
            FileExtent? b = Find(look.Now, ref now, at, out long nowEdge);
            long edge = Math.Min(Math.Min(oldEdge, nowEdge), at < _grownFrom ? Math.Min(end, _grownFrom) : end);
            yield return new Piece(at, edge, at >= _grownFrom ? Grown(b) : Judge(a, b, at, look.Steady && _proves));
            at = edge;
        }
    }

    private void ReadSteady(Look look, long start, long stop)
    {
        long limit = Math.Min(stop, beforeSize);
        for (int attempt = 1; ; attempt++)
        {
            long oldEnd = ReadBase(look.Before, start, limit, look.Old);
            look.End = Math.Min(oldEnd == limit ? stop : oldEnd, look.After.Read(start, stop, look.Now));
            BetweenLooks?.Invoke();
            ReadBase(look.Before, start, Math.Min(look.End, limit), look.Again);
            look.Steady = IsSame(look, start, Math.Min(look.End, limit));
            if (look.Steady || attempt == Attempts)
                return;
        }
    }

    private static long ReadBase(CloneMap map, long start, long end, List<FileExtent> extents)
    {
        if (start < end)
            return map.Read(start, end, extents);
        extents.Clear();
        return end;
    }

    private static bool IsSame(Look look, long start, long end)
    {
        int old = 0;
        int again = 0;
        for (long at = start; at < end;)
        {
            FileExtent? a = Find(look.Old, ref old, at, out long edge);
            FileExtent? b = Find(look.Again, ref again, at, out long otherEdge);
            bool differs = a is { } x && b is { } y
                ? Place(x, at) != Place(y, at) || ((x.Flags ^ y.Flags) & (PlaceIsNoProof | FileExtentFlags.Unwritten)) != 0
                : a is null != b is null;
            if (differs)
                return false;
            at = Math.Min(edge, otherEdge);
        }
        return true;
    }

    // The extent that holds an offset, or null for a hole, and where that ends.
    private static FileExtent? Find(List<FileExtent> extents, ref int index, long at, out long edge)
    {
        while (index < extents.Count && extents[index].End <= at)
            index++;
        if (index == extents.Count)
        {
            edge = long.MaxValue;
            return null;
        }
        FileExtent extent = extents[index];
        edge = extent.Offset > at ? extent.Offset : extent.End;
        return extent.Offset > at ? null : extent;
    }

    private static PieceKind Grown(FileExtent? now) => now is { IsUnwritten: false } ? PieceKind.New : PieceKind.Zero;

    private static PieceKind Judge(FileExtent? old, FileExtent? now, long at, bool proven)
    {
        bool had = old is { IsUnwritten: false };
        bool has = now is { IsUnwritten: false };
        if (!had && !has)
            return PieceKind.Empty;
        if (!has)
            return PieceKind.Zero;
        if (!had)
            return PieceKind.New;
        (FileExtent a, FileExtent b) = (old!.Value, now!.Value);
        FileExtentFlags doubts = (a.Flags | b.Flags) & PlaceIsNoProof;
        if (!proven || (doubts & ~FileExtentFlags.Encoded) != 0)
            return PieceKind.Unproven;
        if (doubts == 0)
            return Place(a, at) == Place(b, at) ? PieceKind.Shared : PieceKind.Moved;
        // A compressed extent is told by its start, whichever part of it the file uses; extents that lie side by side may be told as one.
        return a.Physical == b.Physical || Place(a, at) == Place(b, at) ? PieceKind.Unproven : PieceKind.Moved;
    }

    private static ulong Place(FileExtent extent, long at) => unchecked(extent.Physical + (ulong)(at - extent.Offset));

    /// <summary>A look at a part of both maps. For one thread at a time.</summary>
    private sealed class Look(CloneMap before, CloneMap after)
    {
        internal CloneMap Before => before;

        internal CloneMap After => after;

        internal List<FileExtent> Old { get; } = [];

        internal List<FileExtent> Again { get; } = [];

        internal List<FileExtent> Now { get; } = [];

        /// <summary>What was looked at ends here.</summary>
        internal long End { get; set; }

        /// <summary>The base's map was the same before and after the target's.</summary>
        internal bool Steady { get; set; }
    }
}
