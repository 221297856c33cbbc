using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>
/// What changed between a file of blocks in packs and a clone, either of them the base: the clone's data is hashed in the other one's blocks. The data of
/// the blocks is not needed.
/// </summary>
internal static class PackedDelta
{
    private const int Grain = 4096;

    /// <summary>Compares the two.</summary>
    /// <param name="old">The base's content.</param>
    /// <param name="oldSize">Bytes of the base.</param>
    /// <param name="content">The target's content.</param>
    /// <param name="size">Bytes of the target.</param>
    /// <param name="start">Only what ends after this offset.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static IEnumerable<Extent> Extents(
        FileContent old, long oldSize, FileContent content, long size, long start, CancellationToken cancellationToken)
    {
        bool isTargetClone = content.Kind == FileContent.Clone;
        using CloneFile clone = isTargetClone ? CloneFile.Open(content, size) : CloneFile.Open(old, oldSize);
        var data = new DataAhead(clone);
        BlockCursor blocks = isTargetClone ? old.Open(oldSize) : content.Open(size);
        blocks.Seek(start);
        var joiner = new ExtentJoiner(Grain, size);
        long to = start;
        while (to < size && blocks.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            (long from, long end) = (blocks.Offset, Math.Min(blocks.Offset + blocks.Block.Length, size));
            if (end <= start)
                continue;
            bool isGrown = blocks.Offset + blocks.Block.Length > oldSize;
            if (isGrown || Differs(blocks.Block, from, data))
                joiner.Add(from, end, IsZero(isTargetClone, blocks.Block, from, end, data) ? ExtentState.Zero : ExtentState.Data);
            to = end;
            while (joiner.TryTake(out Extent extent))
                yield return extent;
        }
        // What the target clone has beyond the base.
        for (; to < size && data.TryNext(to, size, out FileSegment next); to = next.End)
        {
            if (next.Offset > to)
                joiner.Add(to, next.Offset, ExtentState.Zero);
            joiner.Add(next.Offset, next.End, ExtentState.Data);
            while (joiner.TryTake(out Extent extent))
                yield return extent;
        }
        if (to < size)
            joiner.Add(to, size, ExtentState.Zero);
        joiner.Finish();
        while (joiner.TryTake(out Extent last))
            yield return last;
    }

    private static bool Differs(BlockRef block, long from, DataAhead data)
    {
        if (!data.Any(from, from + block.Length))
            return !block.IsHole;
        ReadOnlySpan<byte> bytes = data.Read(from, block.Length);
        return block.IsHole ? bytes.ContainsAnyExcept((byte)0) : !bytes.ContainsAnyExcept((byte)0) || BlockId.Of(bytes) != block.Id;
    }

    private static bool IsZero(bool isTargetClone, BlockRef block, long from, long end, DataAhead data)
        => isTargetClone ? !data.Any(from, end) : block.IsHole;

    /// <summary>The data of a clone that is gone through from front to back.</summary>
    private sealed class DataAhead(CloneFile clone)
    {
        private byte[] _buffer = [];
        private long _knownFrom = -1;
        private FileSegment _next;
        private bool _found;

        internal bool Any(long from, long end) => TryNext(from, end, out _);

        internal bool TryNext(long from, long end, out FileSegment segment)
        {
            // A hole or a segment that is known already answers most questions about small blocks.
            if (_knownFrom < 0 || from < _knownFrom || (_found && from >= _next.End))
            {
                _found = clone.TryNextData(from, out _next);
                _knownFrom = from;
            }
            segment = _found ? new FileSegment(Math.Max(from, _next.Offset), Math.Max(0, Math.Min(end, _next.End) - Math.Max(from, _next.Offset))) : default;
            return _found && _next.Offset < end;
        }

        internal ReadOnlySpan<byte> Read(long from, int length)
        {
            if (_buffer.Length < length)
                _buffer = new byte[Math.Max(length, StoreFormat.BlockSize)];
            clone.Read(_buffer.AsSpan(0, length), from);
            return _buffer.AsSpan(0, length);
        }
    }
}
