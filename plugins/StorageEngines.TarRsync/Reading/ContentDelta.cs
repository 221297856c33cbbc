using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>
/// Compares lists of blocks, for which no data is read, and clones, for which it is read where their maps are no proof. The extents are whole blocks, joined where they
/// touch; the last one ends with the file. Of fixed blocks none is told that has not changed. A chunk by content counts as changed unless the base has the same one at the
/// same place, so that some bytes beside a change may be told too.
/// </summary>
internal static class ContentDelta
{
    private const long Between = 256 << 20;

    /// <summary>What differs from a base which is cut or extended by zeroes to the target's size, and how that is known.</summary>
    /// <inheritdoc cref="Changed"/>
    internal static DeltaAnswer Answer(
        FileContent baseContent, long baseSize, FileContent content, long size, long start, CancellationToken cancellationToken = default)
    {
        (bool old, bool now) = (baseContent.Kind == FileContent.Clone, content.Kind == FileContent.Clone);
        if (!old && !now)
            return new DeltaAnswer(ChangeSource.HashCompare, ExactnessOf(baseContent, content), Blocks(baseContent, baseSize, content, size, start, cancellationToken));
        if (!old || !now)
            return new DeltaAnswer(
                ChangeSource.HashCompare, Exactness.Superset, PackedDelta.Extents(baseContent, baseSize, content, size, start, cancellationToken));
        DeltaAnswer answer = CloneDelta.Answer(baseContent, baseSize, content, size, cancellationToken);
        return start == 0 ? answer : answer with { Extents = answer.Extents.SkipWhile(extent => extent.End <= start) };
    }

    /// <summary>The extents of the target that differ from a base which is cut or extended by zeroes to the target's size.</summary>
    /// <param name="baseContent">The base's blocks.</param>
    /// <param name="baseSize">Bytes of the base; 0 if there is none.</param>
    /// <param name="content">The target's blocks.</param>
    /// <param name="size">Bytes of the target.</param>
    /// <param name="start">Only what ends after this offset.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static IEnumerable<Extent> Changed(
        FileContent baseContent, long baseSize, FileContent content, long size, long start, CancellationToken cancellationToken = default)
        => Answer(baseContent, baseSize, content, size, start, cancellationToken).Extents;

    private static IEnumerable<Extent> Blocks(
        FileContent baseContent, long baseSize, FileContent content, long size, long start, CancellationToken cancellationToken)
    {
        BlockCursor old = baseContent.Open(baseSize);
        BlockCursor now = content.Open(size);
        now.Seek(start);
        if (baseContent.IsChunks || content.IsChunks)
            return Joined(new ChunkComparison(old, now, start).Parts(), cancellationToken);
        old.Seek(start);
        return Joined(FixedParts(old, now), cancellationToken);
    }

    private static Exactness ExactnessOf(FileContent baseContent, FileContent content)
        => baseContent.IsChunks || content.IsChunks ? Exactness.Superset : Exactness.Exact;

    /// <summary>The extents that hold data.</summary>
    internal static IEnumerable<Extent> Allocated(FileContent content, long size, long start, CancellationToken cancellationToken = default)
    {
        if (content.Kind == FileContent.Clone)
            return CloneDelta.Allocated(content, size, cancellationToken).SkipWhile(extent => extent.End <= start);
        BlockCursor now = content.Open(size);
        now.Seek(start);
        return Joined(AllocatedParts(now), cancellationToken);
    }

    private static IEnumerable<(long From, long To, ExtentState? State)> AllocatedParts(BlockCursor now)
    {
        while (now.MoveNext())
            yield return (now.Offset, now.SkipHole(), now.Block.IsHole ? null : ExtentState.Data);
    }

    // Where both have a hole, or the target beyond the base's end, one step goes to the end of it.
    private static IEnumerable<(long From, long To, ExtentState? State)> FixedParts(BlockCursor old, BlockCursor now)
    {
        while (now.MoveNext())
        {
            (long from, long to) = (now.Offset, now.Offset + now.Block.Length);
            bool has = old.MoveNext();
            ExtentState? state = Compare(has ? old.Block : null, now.Block);
            if (now.Block.IsHole && (!has || old.Block.IsHole))
            {
                long end = has ? Math.Min(now.RunEnd, old.RunEnd / StoreFormat.BlockSize * StoreFormat.BlockSize) : now.RunEnd;
                if (end > to)
                {
                    to = end;
                    now.Seek(end);
                    old.Seek(end);
                }
            }
            yield return (from, to, state);
        }
    }

    private static ExtentState? Compare(BlockRef? before, BlockRef after)
        => before is { } old && old.Id == after.Id && (old.Length >= after.Length || !after.IsHole) ? null : after.IsHole ? ExtentState.Zero : ExtentState.Data;

    private static IEnumerable<Extent> Joined(IEnumerable<(long From, long To, ExtentState? State)> parts, CancellationToken cancellationToken)
    {
        (long From, long To, ExtentState? State) run = default;
        long check = 0;
        foreach ((long From, long To, ExtentState? State) part in parts)
        {
            if (part.To >= check)
            {
                cancellationToken.ThrowIfCancellationRequested();
                check = part.To + Between;
            }
            if (part.State == run.State)
            {
                run.To = part.To;
                continue;
            }
            if (run.State is { } ended)
                yield return Extent.FromBounds(run.From, run.To, ended);
            run = part;
        }
        if (run.State is { } last)
            yield return Extent.FromBounds(run.From, run.To, last);
    }
}
