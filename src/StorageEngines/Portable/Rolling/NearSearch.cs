namespace StorageEngines.Portable.Rolling;

/// <summary>
/// Looks for the target's next bytes in the neighbourhood of where they are expected in the base: what was inserted or removed is mostly small, and then the
/// whole base needs not be looked at. Not safe for use by several threads.
/// </summary>
internal sealed class NearSearch
{
    private const int MaxHits = 1024;
    private const int SliceBytes = 4096;
    private readonly IByteSource _base;
    private readonly IByteSource _target;
    private readonly int _reach;
    private readonly SumIndex _index;
    private readonly byte[] _baseBytes;
    private readonly byte[] _targetBytes;
    private readonly RollingHit[] _hits = new RollingHit[MaxHits];

    /// <summary>Makes a search.</summary>
    /// <param name="source">The base.</param>
    /// <param name="target">The target.</param>
    /// <param name="reach">How far to look, in bytes: in the target ahead, in the base both ways.</param>
    /// <param name="block">The length of the base's blocks; a power of two.</param>
    internal NearSearch(IByteSource source, IByteSource target, int reach, int block)
    {
        _base = source;
        _target = target;
        _reach = reach;
        _index = new SumIndex(block, 2 * reach / block);
        _baseBytes = GC.AllocateUninitializedArray<byte>(2 * reach);
        _targetBytes = GC.AllocateUninitializedArray<byte>(reach);
    }

    /// <summary>How far it looks ahead.</summary>
    internal int Reach => _reach;

    /// <summary>The length of the blocks that are looked for.</summary>
    internal int Block => _index.Length;

    /// <summary>The first place at which a whole block of the base, and as much behind or before it, is in the target.</summary>
    internal DeltaMatch? Find(long at, long from, long end)
    {
        int length = (int)Math.Min(_reach, end - at);
        long start = Math.Clamp(from - _reach, 0, Math.Max(0, _base.Length - (2 * _reach)));
        int baseLength = (int)Math.Min(2 * _reach, _base.Length - start);
        int block = _index.Length;
        if (length < block || baseLength < block)
        {
            return null;
        }

        Span<byte> source = _baseBytes.AsSpan(0, baseLength);
        Span<byte> target = _targetBytes.AsSpan(0, length);
        _base.Read(start, source);
        _target.Read(at, target);
        Fill(source, (int)Math.Clamp(from - start, 0, baseLength));
        for (int next = 0; next <= length - block;)
        {
            // A slice at a time, so that a match at its beginning does not cost a scan of everything behind it.
            ReadOnlySpan<byte> slice = target[..Math.Min(length, next + SliceBytes + block)];
            WeakSum sum = WeakSum.Of(slice.Slice(next, block));
            next = RollingScan.Run(slice, block, next, ref sum, _index.Filter, _hits, out int count);
            for (int i = 0; i < count; i++)
            {
                int found = (int)_index.Find(_hits[i].Sum);
                if (found >= 0 && IsGood(target, _hits[i].At, source, found))
                {
                    return new DeltaMatch(at + _hits[i].At, start + found);
                }
            }
        }

        return null;
    }

    /// <summary>What lies behind the expected place comes first, so that of equal blocks the nearest one there is kept.</summary>
    private void Fill(ReadOnlySpan<byte> source, int expected)
    {
        int block = _index.Length;
        _index.Clear();
        for (int at = expected; at <= source.Length - block; at += block)
        {
            Add(source.Slice(at, block), at);
        }

        for (int at = expected - block; at >= 0; at -= block)
        {
            Add(source.Slice(at, block), at);
        }
    }

    // A block of one value is all over the place in many files; found, it would lead astray.
    private void Add(ReadOnlySpan<byte> block, int at)
    {
        if (block.ContainsAnyExcept(block[0]))
        {
            _index.Add(WeakSum.Of(block), at);
        }
    }

    private bool IsGood(ReadOnlySpan<byte> target, int at, ReadOnlySpan<byte> source, int found)
    {
        int block = _index.Length;
        int forward = target[at..].CommonPrefixLength(source[found..]);
        return forward >= block
            && (forward >= 2 * block || at + forward == target.Length || forward + RunCompare.CommonSuffix(target[..at], source[..found]) >= 2 * block);
    }
}
