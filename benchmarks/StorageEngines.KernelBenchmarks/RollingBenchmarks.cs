using BenchmarkDotNet.Attributes;
using StorageEngines.Portable.Rolling;

namespace StorageEngines.KernelBenchmarks;

/// <summary>
/// The rolling checksum over 64 MiB against an index of 131,072 blocks of 8 KiB, which is that of a base of 1 GiB; the blocks' own sums; the checksum of a
/// result. 64 MiB in 64 ms are 1.05 GB/s. And a whole delta of 8 MiB with an insertion.
/// </summary>
[MemoryDiagnoser]
public class RollingBenchmarks
{
    private const int Bytes = 64 << 20;
    private const int Block = 8192;
    private const int Blocks = 131_072;
    private readonly byte[] _data = new byte[Bytes];
    private readonly RollingHit[] _hits = new RollingHit[4096];
    private readonly SumIndex _index = new(Block, Blocks);
    private byte[] _base = [];
    private byte[] _target = [];

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        random.NextBytes(_data);
        for (int i = 0; i < Blocks; i++)
        {
            _index.Add(new WeakSum((uint)random.NextInt64(1L << 32), (uint)random.NextInt64(1L << 32)), i);
        }

        _base = _data[..(8 << 20)];
        _target = [.. _base.AsSpan(0, 3_000_000), 1, 2, 3, .. _base.AsSpan(3_000_000)];
    }

    [Benchmark]
    public long Scan()
    {
        WeakSum sum = WeakSum.Of(_data.AsSpan(0, Block));
        long passed = 0;
        for (int next = 0; next <= Bytes - Block;)
        {
            next = RollingScan.Run(_data, Block, next, ref sum, _index.Filter, _hits, out int count);
            passed += count;
        }

        return passed;
    }

    [Benchmark]
    public uint SumOfBlocks()
    {
        uint sum = 0;
        for (int at = 0; at < Bytes; at += Block)
        {
            sum ^= WeakSum.Of(_data.AsSpan(at, Block)).B;
        }

        return sum;
    }

    [Benchmark]
    public UInt128 HashOfResult()
    {
        var hash = new Xxh3Stream();
        hash.Append(_data);
        return hash.Finish();
    }

    [Benchmark]
    public RollingDeltaSummary Delta()
        => RollingDelta.CreateAsync(new MemoryStream(_base), new MemoryStream(_target), Stream.Null, new RollingDeltaOptions()).GetAwaiter().GetResult();
}
