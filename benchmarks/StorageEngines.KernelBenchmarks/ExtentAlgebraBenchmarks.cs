using BenchmarkDotNet.Attributes;

namespace StorageEngines.KernelBenchmarks;

/// <summary>Set operations on two lists of 100,000 extents. What they allocate must not grow with the lists.</summary>
[MemoryDiagnoser]
public class ExtentAlgebraBenchmarks
{
    private const int Count = 100_000;

    private Extent[] _first = [];
    private Extent[] _second = [];

    [GlobalSetup]
    public void Setup()
    {
        var random = new Random(1);
        _first = Make(random);
        _second = Make(random);
    }

    [Benchmark]
    public long Union() => Sum(_first.Union(_second));

    [Benchmark]
    public long Intersect() => Sum(_first.Intersect(_second));

    [Benchmark]
    public long Subtract() => Sum(_first.Subtract(_second));

    [Benchmark]
    public long Complement() => Sum(_first.Complement(long.MaxValue));

    private static long Sum(IEnumerable<Extent> extents)
    {
        long sum = 0;
        foreach (Extent extent in extents)
        {
            sum ^= extent.Offset + extent.Length;
        }

        return sum;
    }

    private static Extent[] Make(Random random)
    {
        var extents = new Extent[Count];
        long at = 0;
        for (int i = 0; i < Count; i++)
        {
            long offset = at + (random.Next(1, 8) * 4096);
            long length = random.Next(1, 8) * 4096;
            extents[i] = new Extent(offset, length, (ExtentState)random.Next(2));
            at = offset + length;
        }

        return extents;
    }
}
