namespace StorageEngines.Portable.Rolling;

/// <summary>The checksums of all blocks of the base. Made once, when it is first needed, by several threads; then safe for any number of readers.</summary>
internal sealed class BaseIndex(IByteSource source, int threads)
{
    private const int SmallestBlock = 512;
    private const int MostBlocks = 1 << 22;
    private const int ReadBytes = 1 << 20;
    private readonly Lock _making = new();
    private SumIndex? _made;

    /// <summary>
    /// The length of the blocks: about a quarter of the root of the base's length, as a power of two; 8 KiB for 1 GiB, 64 KiB for 64 GiB. So the index takes
    /// 5 MiB for 1 GiB, 34 MiB for 64 GiB and at most 136 MiB, and a quarter of that more while it is made.
    /// </summary>
    internal int Block { get; } = BlockFor(source.Length);

    /// <summary>Whether it has been made, so that its use costs nothing more.</summary>
    internal bool IsMade => Volatile.Read(ref _made) is not null;

    /// <summary>The index; whoever comes first makes it.</summary>
    internal SumIndex Get(CancellationToken cancellationToken)
    {
        lock (_making)
        {
            return _made ??= Make(cancellationToken);
        }
    }

    internal static int BlockFor(long length)
    {
        int block = SmallestBlock;
        while ((long)block * block * 16 < length || length / block > MostBlocks)
        {
            block *= 2;
        }

        return block;
    }

    private SumIndex Make(CancellationToken cancellationToken)
    {
        int count = (int)(source.Length / Block);
        var sums = new WeakSum[count];
        int atOnce = Math.Max(1, ReadBytes / Block);
        int parts = (count + atOnce - 1) / atOnce;
        var options = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        Parallel.For(0, parts, options, () => GC.AllocateUninitializedArray<byte>(atOnce * Block), (part, _, buffer) =>
        {
            int first = part * atOnce;
            int blocks = Math.Min(atOnce, count - first);
            source.Read((long)first * Block, buffer.AsSpan(0, blocks * Block));
            for (int i = 0; i < blocks; i++)
            {
                sums[first + i] = WeakSum.Of(buffer.AsSpan(i * Block, Block));
            }

            return buffer;
        }, _ => { });
        var index = new SumIndex(Block, Math.Max(1, count));
        for (int i = 0; i < count; i++)
        {
            index.Add(sums[i], (long)i * Block);
        }

        return index;
    }
}
