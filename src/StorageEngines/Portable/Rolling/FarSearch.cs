namespace StorageEngines.Portable.Rolling;

/// <summary>Looks for the target's next bytes in the whole base. Not safe for use by several threads.</summary>
internal sealed class FarSearch(IByteSource source, IByteSource target, BaseIndex index)
{
    private const int MaxHits = 4096;
    private const int ScanBytes = 1 << 18;
    private const int SliceBytes = 1 << 14;
    private const int FirstLook = 4096;
    private const long FreeEffort = 64 << 20;
    private const long EffortPerByte = 8;
    private readonly ByteWindow _window = new(target, ScanBytes + (2 * index.Block));
    private readonly byte[] _candidate = GC.AllocateUninitializedArray<byte>(index.Block);
    private readonly RollingHit[] _hits = new RollingHit[MaxHits];
    private long _effort = FreeEffort;

    /// <summary>The first place of the target, from one on, that begins with a block of the base.</summary>
    internal DeltaMatch? Find(long at, long end, CancellationToken cancellationToken)
    {
        SumIndex sums = index.Get(cancellationToken);
        int block = sums.Length;
        while (end - at >= block)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> bytes = _window.From(at);
            bytes = bytes.Length >= 2 * block ? bytes : _window.Range(at, (int)Math.Min(_window.Capacity, target.Length - at));
            bytes = bytes[..(int)Math.Min(bytes.Length, end - at)];
            if (FindIn(bytes, sums) is { } match)
            {
                return match with { At = at + match.At };
            }

            int tried = bytes.Length - block + 1;
            _effort += tried * EffortPerByte;
            at += tried;
        }

        return null;
    }

    private DeltaMatch? FindIn(ReadOnlySpan<byte> bytes, SumIndex sums)
    {
        int block = sums.Length;
        for (int next = 0; next <= bytes.Length - block;)
        {
            // A slice at a time, so that a match at its beginning does not cost a scan of everything behind it.
            ReadOnlySpan<byte> slice = bytes[..(int)Math.Min(bytes.Length, (long)next + Math.Max(SliceBytes, 4 * block) + block)];
            WeakSum sum = WeakSum.Of(slice.Slice(next, block));
            next = RollingScan.Run(slice, block, next, ref sum, sums.Filter, _hits, out int count);
            for (int i = 0; i < count; i++)
            {
                long found = sums.Find(_hits[i].Sum);
                if (found >= 0 && IsThere(found, bytes.Slice(_hits[i].At, block)))
                {
                    return new DeltaMatch(_hits[i].At, found);
                }
            }
        }

        return null;
    }

    /// <summary>
    /// Compares with the base. Whoever made the bytes may have made them so that many checksums agree and no block does; the effort for that is bounded by the
    /// length of the target, and what is beyond becomes new data.
    /// </summary>
    private bool IsThere(long found, ReadOnlySpan<byte> block)
    {
        for (int done = 0; done < block.Length;)
        {
            int length = done == 0 ? Math.Min(FirstLook, block.Length) : block.Length - done;
            if (_effort < length)
            {
                return false;
            }

            Span<byte> candidate = _candidate.AsSpan(0, length);
            source.Read(found + done, candidate);
            if (!block.Slice(done, length).SequenceEqual(candidate))
            {
                _effort -= length;
                return false;
            }

            done += length;
        }

        return true;
    }
}
