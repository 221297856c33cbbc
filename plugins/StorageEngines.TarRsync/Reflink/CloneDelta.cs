using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>
/// What changed between two clones, by their maps. No data is read, unless the maps leave ranges open (compressed, inline), or show nothing shared at all
/// although both hold data: then the sharing was lost, as in a store that was copied elsewhere, and the data is compared.
/// </summary>
internal static class CloneDelta
{
    /// <summary>As many ranges are looked at before it is said how the answer is known; all but the most fragmented files have fewer.</summary>
    private const int Planned = 1 << 18;

    private const int Window = 1 << 20;

    /// <summary>Compares two clones.</summary>
    /// <param name="old">The base's content.</param>
    /// <param name="oldSize">Bytes of the base.</param>
    /// <param name="content">The target's content.</param>
    /// <param name="size">Bytes of the target.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="StorageEngineException">A clone cannot be read, is missing or was changed.</exception>
    internal static DeltaAnswer Answer(FileContent old, long oldSize, FileContent content, long size, CancellationToken cancellationToken)
    {
        CloneFile? before = null;
        CloneFile? after = null;
        IEnumerator<Piece>? pieces = null;
        try
        {
            before = CloneFile.Open(old, oldSize);
            after = CloneFile.Open(content, size);
            if (before.IsSameFile(after))
            {
                before.Dispose();
                after.Dispose();
                return new DeltaAnswer(ChangeSource.NativeDelta, Exactness.Exact, []);
            }
            var map = new CloneMap(after);
            pieces = new MapComparison(new CloneMap(before), oldSize, map, size).Pieces(cancellationToken).GetEnumerator();
            var plan = new Plan();
            bool more = true;
            while (plan.Changed.Count < Planned && (more = pieces.MoveNext()))
                plan.Look(pieces.Current);
            bool lost = plan.SharedBytes == 0 && plan.MovedBytes > 0;
            bool compares = lost || plan.AnyUnproven;
            // Ranges beyond the plan are compared only if that has been said.
            IEnumerable<Extent> extents = Extents(before, after, plan.Changed, more ? pieces : null, map.GrainBytes, compares, lost, cancellationToken);
            return new DeltaAnswer(
                compares ? ChangeSource.HashCompare : ChangeSource.NativeDelta, lost ? Exactness.Exact : Exactness.Superset, extents);
        }
        catch
        {
            pieces?.Dispose();
            before?.Dispose();
            after?.Dispose();
            throw;
        }
    }

    /// <summary>The ranges of a clone that hold data.</summary>
    internal static IEnumerable<Extent> Allocated(FileContent content, long size, CancellationToken cancellationToken)
    {
        using CloneFile clone = CloneFile.Open(content, size);
        var map = new CloneMap(clone);
        var joiner = new ExtentJoiner(map.GrainBytes, size);
        List<FileExtent> extents = [];
        for (long at = 0; at < size;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long end = map.Read(at, size, extents);
            foreach (FileExtent extent in extents.Where(e => !e.IsUnwritten))
            {
                joiner.Add(Math.Max(at, extent.Offset), Math.Min(end, extent.End), ExtentState.Data);
                while (joiner.TryTake(out Extent done))
                    yield return done;
            }
            at = end;
        }
        joiner.Finish();
        while (joiner.TryTake(out Extent last))
            yield return last;
    }

    private static IEnumerable<Extent> Extents(
        CloneFile before, CloneFile after, List<Piece> first, IEnumerator<Piece>? rest, long grain, bool compares, bool comparesMoved, CancellationToken cancellationToken)
    {
        using CloneFile a = before;
        using CloneFile b = after;
        using IEnumerator<Piece>? later = rest;
        var joiner = new ExtentJoiner(grain, after.Size);
        var data = new DataComparison(before.Read, after.Read, grain);
        foreach (Piece piece in first.Concat(Enumerate(later)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (piece.Kind is PieceKind.Empty or PieceKind.Shared)
                continue;
            if ((piece.Kind == PieceKind.Unproven && compares) || (piece.Kind == PieceKind.Moved && comparesMoved))
            {
                for (long at = piece.Start; at < piece.End; at += Window)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    data.Compare(at, Math.Min(at + Window, piece.End), joiner);
                    while (joiner.TryTake(out Extent some))
                        yield return some;
                }
            }
            else
            {
                joiner.Add(piece.Start, piece.End, piece.Kind == PieceKind.Zero ? ExtentState.Zero : ExtentState.Data);
            }
            while (joiner.TryTake(out Extent extent))
                yield return extent;
        }
        joiner.Finish();
        while (joiner.TryTake(out Extent last))
            yield return last;
    }

    private static IEnumerable<Piece> Enumerate(IEnumerator<Piece>? pieces)
    {
        while (pieces is not null && pieces.MoveNext())
            yield return pieces.Current;
    }

    /// <summary>The first ranges that are not the same, and sums of all that were looked at.</summary>
    private sealed class Plan
    {
        internal List<Piece> Changed { get; } = [];

        internal long SharedBytes { get; private set; }

        internal long MovedBytes { get; private set; }

        internal bool AnyUnproven { get; private set; }

        internal void Look(Piece piece)
        {
            long length = piece.End - piece.Start;
            // What is not proven may be shared; it shows at least that the two are not strangers.
            SharedBytes += piece.Kind is PieceKind.Shared or PieceKind.Unproven ? length : 0;
            MovedBytes += piece.Kind == PieceKind.Moved ? length : 0;
            AnyUnproven |= piece.Kind == PieceKind.Unproven;
            if (piece.Kind is not (PieceKind.Empty or PieceKind.Shared))
                Append(piece);
        }

        private void Append(Piece piece)
        {
            if (Changed.Count > 0 && Changed[^1] is var last && last.End == piece.Start && last.Kind == piece.Kind)
                Changed[^1] = last with { End = piece.End };
            else
                Changed.Add(piece);
        }
    }
}
