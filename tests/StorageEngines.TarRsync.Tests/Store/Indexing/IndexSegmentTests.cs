using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Tests.Store.Indexing;

public sealed class IndexSegmentTests : IDisposable
{
    private static readonly PackId[] Packs = [new(0, 1), new(0, 2), new(0, 3)];
    private readonly string _path = Path.GetTempFileName();

    public void Dispose() => File.Delete(_path);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(169)]
    [InlineData(170)]
    [InlineData(171)]
    [InlineData(20_000)]
    public void Every_entry_is_found_and_nothing_else(int count)
    {
        IndexEntry[] entries = Entries(count, 1);
        using IndexSegment segment = Write(entries)!;
        var cursor = new IndexCursor();
        foreach (IndexEntry entry in entries)
            Assert.Contains(entry, Find(segment, cursor, entry.Key));
        HashSet<ulong> keys = [.. entries.Select(entry => entry.Key)];
        var random = new Random(2);
        for (int i = 0; i < 5000; i++)
        {
            ulong key = (ulong)random.NextInt64();
            Assert.Equal(keys.Contains(key), Find(segment, cursor, key).Count > 0);
        }
    }

    [Fact]
    public void Entries_of_one_key_are_found_all_also_across_pages()
    {
        IndexEntry[] entries = [.. Enumerable.Range(0, 1000).Select(i => new IndexEntry((ulong)(i / 500) + 7, i % 3, (uint)i, 10, 5))];
        using IndexSegment segment = Write(entries)!;
        Assert.Equal(entries[..500], Find(segment, new IndexCursor(), 7));
        Assert.Equal(entries[500..], Find(segment, new IndexCursor(), 8));
        Assert.Empty(Find(segment, new IndexCursor(), 9));
    }

    [Fact]
    public void Keys_that_are_not_evenly_spread_are_found_too()
    {
        IndexEntry[] entries = [.. Enumerable.Range(0, 30_000).Select(i => new IndexEntry(i < 15_000 ? (ulong)i : ulong.MaxValue - 40_000 + (ulong)i, 0, (uint)i, 10, 5))];
        using IndexSegment segment = Write(entries)!;
        var cursor = new IndexCursor();
        foreach (IndexEntry entry in entries)
            Assert.Equal(entry, Assert.Single(Find(segment, cursor, entry.Key)));
    }

    [Fact]
    public void The_filter_says_no_to_nearly_all_that_is_not_there()
    {
        using IndexSegment segment = Write(Entries(50_000, 3))!;
        var random = new Random(4);
        int wrong = Enumerable.Range(0, 50_000).Count(_ => segment.MayHold((ulong)random.NextInt64()));
        Assert.InRange(wrong, 0, 250);
    }

    [Fact]
    public void Beyond_its_memory_the_filter_is_as_precise()
    {
        IndexEntry[] entries = Entries(50_000, 3);
        Write(entries)!.Dispose();
        var memory = new IndexMemory(3 * IndexFormat.PageSize);
        using IndexSegment segment = IndexSegment.TryOpen(_path, FileHandle.OpenRead(System.Text.Encoding.UTF8.GetBytes(_path)), memory)!;
        foreach (IndexEntry entry in entries)
            Assert.True(segment.MayHold(entry.Key));
        Assert.Equal(3 * IndexFormat.PageSize, memory.Used);
    }

    [Fact]
    public void Every_truncation_and_every_bit_flip_is_noticed()
    {
        IndexEntry[] entries = Entries(3000, 5);
        Write(entries)!.Dispose();
        byte[] whole = File.ReadAllBytes(_path);
        for (int length = 0; length < whole.Length; length += 977)
            Assert.False(IsTrusted(whole[..length], entries), $"cut to {length} bytes");
        var random = new Random(6);
        int harmless = 0;
        for (int round = 0; round < 1500; round++)
        {
            byte[] damaged = [.. whole];
            int at = random.Next(whole.Length);
            damaged[at] ^= (byte)(1 << random.Next(8));
            // What lies behind the fields of the head is not used.
            bool trusted = IsTrusted(damaged, entries);
            Assert.True(!trusted || at is >= 128 and < IndexFormat.PageSize, $"byte {at}");
            harmless += trusted ? 1 : 0;
        }
        Assert.InRange(harmless, 0, 150);
    }

    [Fact]
    public void Random_bytes_are_no_segment()
    {
        var random = new Random(7);
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = new byte[random.Next(5) * 4096];
            random.NextBytes(bytes);
            if (bytes.Length > 0)
                "SENGINDX"u8.CopyTo(bytes);
            File.WriteAllBytes(_path, bytes);
            Assert.Null(IndexSegment.TryOpen(_path, FileHandle.OpenRead(System.Text.Encoding.UTF8.GetBytes(_path)), new IndexMemory()));
        }
    }

    private bool IsTrusted(byte[] bytes, IndexEntry[] entries)
    {
        File.WriteAllBytes(_path, bytes);
        using IndexSegment? segment = IndexSegment.TryOpen(_path, FileHandle.OpenRead(System.Text.Encoding.UTF8.GetBytes(_path)), new IndexMemory());
        if (segment is null)
            return false;
        var cursor = new IndexCursor();
        try
        {
            foreach (IndexEntry entry in entries)
                Assert.Contains(entry, Find(segment, cursor, entry.Key));
            segment.Verify();
            return true;
        }
        catch (CorruptDataException error)
        {
            Assert.Equal(_path, error.DamagedObject);
            return false;
        }
    }

    private IndexSegment? Write(IndexEntry[] entries)
    {
        using (SafeFileHandle file = File.OpenHandle(_path, FileMode.Create, FileAccess.ReadWrite))
        {
            var writer = new IndexSegmentWriter(file, Packs, entries.Length);
            foreach (IndexEntry entry in entries)
                writer.Add(entry);
            writer.Finish();
        }
        return IndexSegment.TryOpen(_path, FileHandle.OpenRead(System.Text.Encoding.UTF8.GetBytes(_path)), new IndexMemory());
    }

    private static List<IndexEntry> Find(IndexSegment segment, IndexCursor cursor, ulong key)
    {
        var found = new List<IndexEntry>();
        if (!segment.MayHold(key))
            return found;
        segment.Seek(key, cursor);
        while (segment.MoveNext(cursor) && cursor.Current.Key == key)
            found.Add(cursor.Current);
        return found;
    }

    private static IndexEntry[] Entries(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(i => new IndexEntry((ulong)random.NextInt64() * 2, i % 3, (uint)i, 65536, 40_000)).OrderBy(entry => entry.Key)];
    }
}
