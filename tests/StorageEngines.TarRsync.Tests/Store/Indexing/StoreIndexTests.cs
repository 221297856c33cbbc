using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Tests.Store.Indexing;

/// <summary>The index on disk is a cache: with it, without it and with a damaged one the store says the same.</summary>
public sealed class StoreIndexTests : IDisposable
{
    private const int Snapshots = 40;

    private readonly StoreScratch _scratch = new();
    private readonly string _volumeId;

    public StoreIndexTests()
    {
        using SnapshotStore store = _scratch.Write();
        _volumeId = StoreScratch.Tree(store).Id;
        for (int i = 0; i < Snapshots; i++)
            StoreScratch.Take(store, store.FindVolume(_volumeId)!, $"s{i:D2}", ("own", Own(i)), ("shared", Own(1000)));
    }

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public void Many_packs_get_segments_and_few_of_them()
    {
        Assert.InRange(Segments().Length, 1, 3);
        AssertAllRead();
        AssertNothingIsStoredTwice();
    }

    [Fact]
    public void Without_segments_everything_is_found()
    {
        Directory.Delete(IndexDirectory, true);
        AssertAllRead();
        Assert.False(Directory.Exists(IndexDirectory));
        AssertNothingIsStoredTwice();
        Assert.NotEmpty(Segments());
    }

    [Fact]
    public void With_damaged_segments_everything_is_found_and_they_are_made_anew()
    {
        var random = new Random(3);
        for (int round = 0; round < 60; round++)
        {
            foreach (string path in Segments())
            {
                byte[] bytes = File.ReadAllBytes(path);
                int at = round % 3 == 0 ? random.Next(128) : random.Next(bytes.Length);
                bytes[at] ^= (byte)(1 << random.Next(8));
                File.WriteAllBytes(path, round % 5 == 4 ? bytes[..random.Next(bytes.Length)] : bytes);
            }
            AssertAllRead();
            AssertNothingIsStoredTwice();
            Assert.NotEmpty(Segments());
        }
    }

    [Fact]
    public void A_segment_that_lies_is_not_believed()
    {
        // All packs, and none of their blocks: whole in itself, as after a mistake of a program.
        PackId[] packs = [.. Directory.EnumerateFiles(Path.Combine(_scratch.Path, "packs")).Select(path => PackId.FromName(Path.GetFileName(path)))];
        foreach (string path in Segments())
            File.Delete(path);
        var files = new IndexFiles(Path.Combine(_scratch.Path, "packs"), IndexDirectory, writable: true);
        files.Create(new IndexMemory(), file => new IndexSegmentWriter(file, packs, 1).Finish()).Dispose();
        AssertAllRead();
        foreach (string path in Segments())
            File.Delete(path);
        files.Create(new IndexMemory(), file =>
        {
            var writer = new IndexSegmentWriter(file, packs, Snapshots);
            foreach (ulong key in Enumerable.Range(0, Snapshots).Select(i => BlockId.Of(Own(i)).A).Order())
                writer.Add(new IndexEntry(key, 0, 64, 9000, 9000)); // Another block's record is there.
            writer.Finish();
        }).Dispose();
        AssertAllRead();
        using SnapshotStore store = _scratch.Write();
        SnapshotRecord again = StoreScratch.Take(store, store.FindVolume(_volumeId)!, "again", ("own", Own(5)));
        Assert.Equal(Own(5), StoreScratch.ReadFile(store, again, "own"));
    }

    [Fact]
    public void A_pack_that_is_gone_is_not_deduplicated_against()
    {
        string[] packs = Directory.GetFiles(Path.Combine(_scratch.Path, "packs"));
        foreach (string path in packs)
            File.Delete(path);
        using SnapshotStore store = _scratch.Write();
        SnapshotRecord again = StoreScratch.Take(store, store.FindVolume(_volumeId)!, "again", ("own", Own(5)), ("shared", Own(1000)));
        Assert.Equal(Own(5), StoreScratch.ReadFile(store, again, "own"));
        Assert.Equal(Own(1000), StoreScratch.ReadFile(store, again, "shared"));
    }

    [Fact]
    public void More_blocks_than_fit_into_memory_go_to_segments_that_are_merged()
    {
        Directory.Delete(IndexDirectory, true);
        foreach (bool writable in (bool[])[false, true])
        {
            var files = new IndexFiles(Path.Combine(_scratch.Path, "packs"), IndexDirectory, writable);
            using IndexState state = IndexState.Load(files, maxFresh: 2);
            Assert.InRange(state.Parts.Count, 1, 12);
            Assert.InRange(state.FreshCount, 0, 1);
            for (int i = 0; i < Snapshots; i++)
                Assert.True(state.TryNext(BlockId.Of(Own(i)).A, new IndexSearch(), out _));
            Assert.False(state.TryNext(BlockId.Of(Own(-1)).A, new IndexSearch(), out _));
        }
        Assert.InRange(Segments().Length, 1, 12);
        AssertAllRead();
    }

    private string IndexDirectory => Path.Combine(_scratch.Path, "index");

    private string[] Segments() => Directory.Exists(IndexDirectory) ? Directory.GetFiles(IndexDirectory, "*.index") : [];

    private void AssertAllRead()
    {
        using SnapshotStore store = _scratch.Read();
        for (int i = 0; i < Snapshots; i++)
            Assert.Equal(Own(i), StoreScratch.ReadFile(store, store.FindSnapshot(_volumeId, $"s{i:D2}")!, "own"));
        Assert.Equal(Own(1000), StoreScratch.ReadFile(store, store.FindSnapshot(_volumeId, "s07")!, "shared"));
    }

    private void AssertNothingIsStoredTwice()
    {
        using SnapshotStore store = _scratch.Write();
        long before = store.PackBytes();
        StoreScratch.Take(store, store.FindVolume(_volumeId)!, $"t{Guid.NewGuid():N}", [.. Enumerable.Range(0, Snapshots).Select(i => ($"f{i:D2}", Own(i)))]);
        Assert.Equal(before, store.PackBytes());
    }

    private static byte[] Own(int number) => StoreScratch.Random(9000, number + 50);
}
