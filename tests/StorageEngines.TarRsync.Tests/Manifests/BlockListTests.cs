using System.Diagnostics;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reading;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Tests.Store;

namespace StorageEngines.TarRsync.Tests.Manifests;

/// <summary>Lists of fixed blocks against a plain array, with holes of all lengths.</summary>
public sealed class BlockListTests : IDisposable
{
    private const int Block = StoreFormat.BlockSize;

    private readonly StoreScratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Theory]
    [InlineData(1, 90)]
    [InlineData(2, 129)]
    [InlineData(3, 4096)]
    [InlineData(4, 4097)]
    [InlineData(5, 30_000)]
    [InlineData(6, 30_001)]
    public void What_is_written_as_runs_is_read_block_by_block_and_hole_by_hole(int seed, int blocks)
    {
        var random = new Random(seed);
        BlockId[] ids = Model(random, blocks);
        long size = SizeOf(random, blocks);
        using ManifestReader reader = Write(("a", ids, size));
        FileContent content = reader.Current.Content;
        BlockCursor cursor = content.Open(size);
        for (int i = 0; i < blocks; i++)
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(new BlockRef(ids[i], (int)Math.Min(Block, size - ((long)i * Block))), cursor.Block);
            Assert.Equal((long)i * Block, cursor.Offset);
        }
        Assert.False(cursor.MoveNext());

        int steps = 0;
        cursor.Seek(0);
        for (long at = 0; at < size; steps++)
        {
            Assert.True(cursor.MoveNext());
            Assert.Equal(at, cursor.Offset);
            long end = cursor.SkipHole();
            Assert.True(end == size || end % Block == 0);
            for (long block = at / Block; block * Block < end; block++)
                Assert.Equal(ids[block], cursor.Block.Id);
            at = end;
        }
        Assert.True(steps <= 1 + (ids.Count(id => !id.IsHole) * 2) + (blocks / FileContent.BlocksPerFrame));
        for (int i = 0; i < 300; i++)
        {
            long offset = random.NextInt64(size);
            cursor.Seek(offset);
            Assert.True(cursor.MoveNext());
            Assert.Equal(ids[offset / Block], cursor.Block.Id);
        }
    }

    [Fact]
    public void The_difference_of_two_lists_is_that_of_their_blocks_one_by_one()
    {
        for (int seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            BlockId[] old = Model(random, random.Next(1, 14_000));
            BlockId[] now = [.. old.Take(random.Next(1, old.Length + 1)), .. Model(random, random.Next(1, 5000))];
            for (int change = random.Next(8); change > 0; change--)
            {
                int at = random.Next(now.Length);
                Array.Fill(now, random.Next(2) == 0 ? default : Id(random), at, random.Next(1, Math.Min(now.Length - at, 900) + 1));
            }
            (long oldSize, long size) = (SizeOf(random, old.Length), SizeOf(random, now.Length));
            using ManifestReader reader = Write(("a", old, oldSize), ("b", now, size));
            FileContent before = Copy(reader);
            Assert.True(reader.MoveNext());
            foreach (int from in new[] { 0, random.Next(now.Length) })
            {
                List<Extent> told = [.. ContentDelta.Changed(before, oldSize, reader.Current.Content, size, (long)from * Block)];
                Assert.Equal(Expected(old, oldSize, now, size, from), told);
            }
            List<Extent> data = [.. ContentDelta.Allocated(reader.Current.Content, size, 0)];
            Assert.Equal(now.Select((id, i) => id.IsHole ? 0 : Math.Min(Block, size - ((long)i * Block))).Sum(), data.Sum(extent => extent.Length));
        }
    }

    [Fact]
    public void A_hole_of_a_pebibyte_takes_no_step_for_each_block()
    {
        const long Size = 1L << 50;
        long began = Stopwatch.GetTimestamp();
        using SnapshotStore store = _scratch.Write();
        using SnapshotWriter writer = store.BeginSnapshot(StoreScratch.Image(store).Id, "s");
        ContentBuilder builder = writer.NewContent();
        builder.AddHole(Size - Block);
        builder.Add(new BlockRef(Id(new Random(1)), Block));
        ManifestEntry entry = StoreScratch.Entry("", TreeEntryType.File, 1);
        (entry.Size, entry.Content) = (Size, builder.Finish());
        writer.AddEntry(in entry);
        SnapshotRecord record = writer.Commit(StoreScratch.Commit());
        using ManifestReader reader = store.OpenManifest(record);
        Assert.True(reader.MoveNext());
        Assert.Equal([Extent.FromBounds(Size - Block, Size)], ContentDelta.Changed(default, Size, reader.Current.Content, Size, 0));
        Assert.Equal([Extent.FromBounds(Size - Block, Size)], ContentDelta.Allocated(reader.Current.Content, Size, 0));
        // 17,179,869,184 blocks would take minutes; the four million list frames that are left out take less than a second.
        Assert.True(Stopwatch.GetElapsedTime(began) < TimeSpan.FromSeconds(60));
    }

    private static IEnumerable<Extent> Expected(BlockId[] old, long oldSize, BlockId[] now, long size, int from)
    {
        List<Extent> extents = [];
        for (int i = from; i < now.Length; i++)
        {
            long start = (long)i * Block;
            long end = Math.Min(start + Block, size);
            bool grown = i >= old.Length || (now[i].IsHole && Math.Min(start + Block, oldSize) < end);
            if (!grown && old[i] == now[i])
                continue;
            ExtentState state = now[i].IsHole ? ExtentState.Zero : ExtentState.Data;
            if (extents.Count > 0 && extents[^1].End == start && extents[^1].State == state)
                extents[^1] = Extent.FromBounds(extents[^1].Offset, end, state);
            else
                extents.Add(Extent.FromBounds(start, end, state));
        }
        return extents;
    }

    private static BlockId[] Model(Random random, int blocks)
    {
        var ids = new BlockId[blocks];
        for (int at = 0; at < blocks;)
        {
            int hole = random.Next(5) == 0 ? random.Next(9000) : random.Next(40);
            at = Math.Min(blocks, at + hole);
            for (int run = random.Next(5) == 0 ? random.Next(5000) : random.Next(20); run > 0 && at < blocks; run--)
                ids[at++] = Id(random);
        }
        ids[random.Next(blocks)] = Id(random);
        return ids;
    }

    private static BlockId Id(Random random) => new((ulong)random.NextInt64(1, long.MaxValue), 0, 0, 0);

    private static long SizeOf(Random random, int blocks) => ((long)blocks * Block) - (random.Next(2) == 0 ? 0 : random.Next(Block));

    private static FileContent Copy(ManifestReader reader) => new(reader.Current.Content.Encoded.ToArray(), reader.Current.Content.Owner);

    private ManifestReader Write(params (string Path, BlockId[] Ids, long Size)[] files)
    {
        using SnapshotStore store = _scratch.Write();
        VolumeRecord volume = StoreScratch.Tree(store);
        using SnapshotWriter writer = store.BeginSnapshot(volume.Id, Guid.NewGuid().ToString("N"));
        foreach ((string path, BlockId[] ids, long size) in files)
        {
            ContentBuilder builder = writer.NewContent();
            for (int i = 0; i < ids.Length; i++)
            {
                var block = new BlockRef(ids[i], (int)Math.Min(Block, size - ((long)i * Block)));
                builder.Add(block, new Sum128(0, ids[i].A));
            }
            ManifestEntry entry = StoreScratch.Entry(path, TreeEntryType.File, 1);
            (entry.Size, entry.Content) = (size, builder.Finish());
            writer.AddEntry(in entry);
        }
        ManifestReader reader = store.OpenManifest(writer.Commit(StoreScratch.Commit()));
        Assert.True(reader.MoveNext());
        return reader;
    }
}
