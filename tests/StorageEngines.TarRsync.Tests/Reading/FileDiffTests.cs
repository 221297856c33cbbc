using StorageEngines.Specification;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reading;
using StorageEngines.TarRsync.Tests.Store;

namespace StorageEngines.TarRsync.Tests.Reading;

/// <summary>File differences of random trees, replayed on the base by the specification's oracle.</summary>
public sealed class FileDiffTests
{
    [Theory]
    [InlineData(1, true, 1 << 20)]
    [InlineData(2, true, 1 << 20)]
    [InlineData(3, false, 1 << 20)]
    [InlineData(4, true, 4000)]
    [InlineData(5, true, 0)]
    [InlineData(6, false, 6000)]
    [InlineData(7, true, 1 << 20)]
    [InlineData(8, true, 2500)]
    public async Task The_difference_replayed_on_the_base_is_the_target(int seed, bool birthTimes, int budget)
    {
        using var scratch = new ReadingScratch(VolumeKind.Tree);
        await using var engine = new ReadingEngine(scratch);
        var diff = new StoreFileDiff(scratch.View, budget);
        var model = new TreeModel(seed, birthTimes);
        SnapshotInfo from = model.Snapshot(scratch, "s0");
        for (int round = 1; round <= 25; round++)
        {
            model.Change();
            SnapshotInfo to = model.Snapshot(scratch, $"s{round}");
            List<FileChange> changes = await scratch.DiffAsync(from, to, diff);
            TreeImage before = await TreeImage.ReadAsync(engine, from.Ref, default);
            TreeImage after = await TreeImage.ReadAsync(engine, to.Ref, default);
            await new TreeReplay(before, after, changes, _ => throw new InvalidOperationException("all extents are given")).AssertRebuildsAsync(exact: true);
            Assert.Empty(await scratch.DiffAsync(to, to));
            from = to;
        }
    }

    [Fact]
    public async Task A_renamed_directory_is_one_change()
    {
        using var scratch = new ReadingScratch(VolumeKind.Tree);
        SnapshotInfo from = scratch.TakeEntries("a", Directory("from"));
        SnapshotInfo to = scratch.TakeEntries("b", Directory("to"));
        FileChange change = Assert.Single(await scratch.DiffAsync(from, to));
        Assert.Equal((FileChangeKind.Renamed, "to", "from"), (change.Kind, change.Path.ToString(), change.OldPath.ToString()));
    }

    [Fact]
    public async Task Many_changes_of_one_file_are_left_to_the_block_map()
    {
        using var scratch = new ReadingScratch(VolumeKind.Tree);
        byte[] before = StoreScratch.Random(20 * StoreScratch.Block, 1);
        byte[] after = [.. before];
        for (int block = 0; block < 20; block += 2)
            after[block * StoreScratch.Block] ^= 1;
        SnapshotInfo from = scratch.Take("a", ("file", before));
        SnapshotInfo to = scratch.Take("b", ("file", after));
        var query = new FileDiffQuery(from.ChangeToken!, to.Ref) { MaxExtentsPerFile = 9 };
        await foreach (FileChange change in scratch.FileDiff.DiffAsync(query))
            Assert.Null(change.Extents);
        Assert.Equal(10, Assert.Single(await scratch.DiffAsync(from, to)).Extents!.Count);
    }

    private static IEnumerable<ManifestEntry> Directory(string name)
    {
        yield return StoreScratch.Entry("", TreeEntryType.Directory, 1);
        yield return StoreScratch.Entry(name, TreeEntryType.Directory, 2);
        for (ulong i = 0; i < 1000; i++)
            yield return StoreScratch.Entry($"{name}/{i:D4}", TreeEntryType.File, 3 + i);
    }
}
