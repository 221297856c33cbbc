using System.Diagnostics;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Tests.Store.Indexing;

/// <summary>Large indexes; run by hand, since they take time and 1 GB of disk: <c>-explicit only</c>.</summary>
public sealed class IndexScaleTests(ITestOutputHelper output)
{
    private const int Blocks = 20_000_000;

    [Fact(Explicit = true)]
    public void Twenty_million_blocks_take_two_bytes_of_memory_each_at_most()
    {
        using var scratch = new StoreScratch();
        string directory = Path.Combine(scratch.Root, "index");
        var files = new IndexFiles(Path.Combine(scratch.Root, "packs"), directory, writable: true);
        long clock = Stopwatch.GetTimestamp();
        files.Create(new IndexMemory(), file =>
        {
            var writer = new IndexSegmentWriter(file, [.. Enumerable.Range(1, 40_000).Select(i => new PackId(0, (uint)i))], Blocks);
            for (int i = 0; i < Blocks; i++)
                writer.Add(new IndexEntry(Key(i), i % 40_000, (uint)(i / 40_000 * 60_000), 65536, 60_000));
            writer.Finish();
        }).Dispose();
        long bytes = new DirectoryInfo(directory).EnumerateFiles().Sum(file => file.Length);
        output.WriteLine($"written in {Stopwatch.GetElapsedTime(clock).TotalSeconds:F1} s, {bytes} bytes, {(double)bytes / Blocks:F1} per block");

        long before = GC.GetTotalMemory(forceFullCollection: true);
        clock = Stopwatch.GetTimestamp();
        var memory = new IndexMemory();
        using IndexSegment segment = files.OpenSegments(memory).Single();
        output.WriteLine($"opened in {Stopwatch.GetElapsedTime(clock).TotalMilliseconds:F1} ms");
        var cursor = new IndexCursor();
        var random = new Random(1);
        clock = Stopwatch.GetTimestamp();
        for (int i = 0; i < 1_000_000; i++)
        {
            ulong key = Key(random.Next(Blocks));
            Assert.True(segment.MayHold(key));
            segment.Seek(key, cursor);
            Assert.True(segment.MoveNext(cursor) && cursor.Current.Key == key);
        }
        output.WriteLine($"found: {Stopwatch.GetElapsedTime(clock).TotalMicroseconds / 1_000_000:F2} us each");
        clock = Stopwatch.GetTimestamp();
        int wrong = 0;
        for (int i = 0; i < 1_000_000; i++)
            wrong += segment.MayHold(Key(random.Next(Blocks)) + 1) ? 1 : 0;
        output.WriteLine($"not there: {Stopwatch.GetElapsedTime(clock).TotalMicroseconds / 1_000_000:F2} us each, the filter said yes to {wrong} of a million");
        Assert.InRange(wrong, 0, 5000);
        long used = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"memory: {used} bytes, {(double)used / Blocks:F2} per block; filter {memory.Used}");
        Assert.InRange((double)used / Blocks, 0, 2.2);
        Assert.InRange(memory.Used, 0, IndexMemory.Default);
        GC.KeepAlive(segment);
    }

    [Fact(Explicit = true)]
    public void Opening_costs_little_with_30_000_packs()
    {
        using var scratch = new StoreScratch();
        string packs = Path.Combine(scratch.Root, "packs");
        Directory.CreateDirectory(packs);
        for (int i = 0; i < 30_000; i++)
        {
            using var pack = new PackWriter(packs);
            byte[] data = BitConverter.GetBytes((long)i);
            pack.Append(BlockId.Of(data), data.Length, 0, data);
            pack.Seal();
        }
        var files = new IndexFiles(packs, Path.Combine(scratch.Root, "index"), writable: true);
        long clock = Stopwatch.GetTimestamp();
        using (IndexState first = IndexState.Load(files))
        {
            output.WriteLine($"without segments: {Stopwatch.GetElapsedTime(clock).TotalMilliseconds:F1} ms");
            first.Spill();
        }
        for (int round = 0; round < 5; round++)
        {
            clock = Stopwatch.GetTimestamp();
            using IndexState again = IndexState.Load(files);
            double milliseconds = Stopwatch.GetElapsedTime(clock).TotalMilliseconds;
            output.WriteLine($"with segments: {milliseconds:F1} ms");
            Assert.Equal(30_000, again.Packs.Count);
            Assert.Equal(0, again.FreshPacks);
        }
    }

    // Evenly spread as hashes are, ascending, and as irregular.
    private static ulong Key(int number)
    {
        const ulong Step = ulong.MaxValue / Blocks;
        unchecked
        {
            ulong noise = (ulong)number * 0x9E3779B97F4A7C15;
            return (Step * (ulong)number) + ((noise ^ (noise >> 29)) % Step);
        }
    }
}
