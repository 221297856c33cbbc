using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>Compares two lists of blocks of any lengths. Data is unchanged only as the same chunk at the same place; holes are compared byte by byte.</summary>
internal sealed class ChunkComparison
{
    private readonly BlockCursor _old;
    private readonly BlockCursor _now;
    private bool _oldLeft;

    /// <summary>Makes a comparison.</summary>
    /// <param name="old">The base, at its start.</param>
    /// <param name="now">The target, before the first block that counts.</param>
    /// <param name="start">The byte that this block holds.</param>
    internal ChunkComparison(BlockCursor old, BlockCursor now, long start)
    {
        (_old, _now) = (old, now);
        // The target's block may begin up to a whole block before the offset.
        _old.Seek(Math.Max(0, start - StoreFormat.MaxBlock));
        _oldLeft = _old.MoveNext();
    }

    /// <summary>The target's bytes in order, and how each part differs; null if it does not.</summary>
    internal IEnumerable<(long From, long To, ExtentState? State)> Parts()
    {
        while (_now.MoveNext())
        {
            long from = _now.Offset;
            long to = from + _now.Block.Length;
            SkipOldBefore(from);
            if (!_now.Block.IsHole)
            {
                bool same = _oldLeft && _old.Offset == from && _old.Block == _now.Block;
                yield return (from, to, same ? null : ExtentState.Data);
                continue;
            }
            while (from < to)
            {
                SkipOldBefore(from);
                // Behind the base's end a hole is told as zeroes: the file has grown there.
                long next = _oldLeft ? Math.Min(to, _old.Offset + _old.Block.Length) : to;
                yield return (from, next, _oldLeft && _old.Block.IsHole ? null : ExtentState.Zero);
                from = next;
            }
        }
    }

    private void SkipOldBefore(long offset)
    {
        while (_oldLeft && _old.Offset + _old.Block.Length <= offset)
            _oldLeft = _old.MoveNext();
    }
}
