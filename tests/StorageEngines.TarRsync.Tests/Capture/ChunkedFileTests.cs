using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Tests.Store;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>Large files of a tree, cut by content or into blocks, and images: what is told, stored and read back, against the bytes themselves.</summary>
public sealed class ChunkedFileTests
{
    private const int Block = StoreFormat.BlockSize;

    [Theory]
    [InlineData(1, 300_000)]
    [InlineData(2, 3_000_000)]
    [InlineData(3, 12_000_000)]
    [InlineData(4, 20_000_000)]
    public async Task Base_and_delta_give_the_file_after_insertions_deletions_cuts_and_holes(int seed, int length)
    {
        using var scratch = new EngineScratch();
        var random = new Random(seed);
        byte[] before = StoreScratch.Random(length | 1, seed);
        await File.WriteAllBytesAsync(scratch.At("file"), before, Cancel);
        SnapshotInfo from = await scratch.SnapshotAsync("s0");
        for (int round = 1; round <= 6; round++)
        {
            byte[] after = Edit(before, random);
            await File.WriteAllBytesAsync(scratch.At("file"), after, Cancel);
            Sparsify(scratch.At("file"), random);
            SnapshotInfo to = await scratch.SnapshotAsync($"s{round}");
            List<Extent> extents = await DeltaAsync(scratch, from, to);
            AssertRebuilds(before, after, extents);
            long start = random.NextInt64(after.Length);
            AssertRebuilds(before, after, [.. extents.Where(e => e.Offset < start), .. (await DeltaAsync(scratch, from, to, start)).Where(e => e.Offset >= start)]);
            Assert.Equal(after, await ReadAsync(scratch, to));
            (before, from) = (after, to);
        }
    }

    [Theory]
    [InlineData("cdc", 0.05)]
    [InlineData("fixed", 0.6)]
    public async Task An_insertion_stores_little_when_files_are_cut_by_content(string chunker, double most)
    {
        using var scratch = new EngineScratch();
        await using IStorageEngine engine = Engine(scratch, chunker);
        byte[] before = StoreScratch.Random(16_000_001, 5);
        await File.WriteAllBytesAsync(scratch.At("file"), before, Cancel);
        await TakeAsync(engine, scratch, "a");
        await File.WriteAllBytesAsync(scratch.At("file"), [.. before.AsSpan(0, 8_000_000), 1, 2, 3, .. before.AsSpan(8_000_000)], Cancel);
        SnapshotInfo b = await TakeAsync(engine, scratch, "b");
        Assert.InRange(b.Statistics!.BytesStored / (double)before.Length, most / 20, most);
    }

    [Fact]
    public async Task A_file_keeps_the_way_it_was_cut_and_files_that_look_like_images_are_cut_into_blocks()
    {
        using var scratch = new EngineScratch();
        foreach ((string name, int length) in new[] { ("image", 32 * Block), ("plain", (32 * Block) + 7), ("small", Block), ("one", Block + 1) })
            await File.WriteAllBytesAsync(scratch.At(name), StoreScratch.Random(length, 1), Cancel);
        using (FileStream sparse = File.Create(scratch.At("sparse")))
        {
            sparse.SetLength((40 * Block) + 1);
            sparse.Position = 5 * Block;
            sparse.Write(StoreScratch.Random(3 * Block, 2));
        }
        await scratch.SnapshotAsync("a");
        Assert.Equal([("image", false), ("one", true), ("plain", true), ("small", false), ("sparse", false)], Kinds(scratch, "a"));
        await File.AppendAllTextAsync(scratch.At("image"), "no whole block", Cancel);
        using (FileStream plain = File.OpenWrite(scratch.At("plain")))
            plain.SetLength(48 * Block);
        await scratch.SnapshotAsync("b");
        Assert.Equal([("image", false), ("one", true), ("plain", true), ("small", false), ("sparse", false)], Kinds(scratch, "b"));
    }

    [Theory]
    [InlineData("fixed", 4)]
    [InlineData("cdc", 0)]
    public async Task What_has_not_changed_is_known_by_its_fast_hash_and_a_lost_key_costs_only_time(string chunker, int tail)
    {
        using var scratch = new EngineScratch();
        await using IStorageEngine engine = Engine(scratch, chunker);
        byte[] bytes = StoreScratch.Random((300 * Block) + tail, 7);
        await File.WriteAllBytesAsync(scratch.At("file"), bytes, Cancel);
        await TakeAsync(engine, scratch, "a");
        string key = Path.Combine(scratch.Store, "key");
        Assert.Equal(0x180u, FileStatus.GetPath(System.Text.Encoding.UTF8.GetBytes(key)).Mode);
        bytes[100 * Block] ^= 1;
        await File.WriteAllBytesAsync(scratch.At("file"), bytes, Cancel);
        SnapshotInfo b = await TakeAsync(engine, scratch, "b");
        Assert.InRange(b.Statistics!.BytesStored, 1000, 6 * Block);
        File.Delete(key);
        bytes[200 * Block] ^= 1;
        await File.WriteAllBytesAsync(scratch.At("file"), bytes, Cancel);
        SnapshotInfo c = await TakeAsync(engine, scratch, "c");
        Assert.InRange(c.Statistics!.BytesStored, 1000, 6 * Block);
        Assert.True(File.Exists(key));
        Assert.Equal(bytes, await ReadAsync(scratch, c));
    }

    [Fact]
    public async Task A_damaged_key_says_what_to_do()
    {
        using var scratch = new EngineScratch();
        await File.WriteAllBytesAsync(scratch.At("file"), StoreScratch.Random((200 * Block) + 1, 1), Cancel);
        await scratch.SnapshotAsync("a");
        string key = Path.Combine(scratch.Store, "key");
        byte[] text = await File.ReadAllBytesAsync(key, Cancel);
        text[^20] ^= 1;
        await File.WriteAllBytesAsync(key, text, Cancel);
        File.SetLastWriteTimeUtc(scratch.At("file"), DateTime.UnixEpoch);
        CorruptDataException error = await Assert.ThrowsAsync<CorruptDataException>(() => scratch.SnapshotAsync("b"));
        Assert.Contains("key", error.Message, StringComparison.Ordinal);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static TarRsyncStorageEngine Engine(EngineScratch scratch, string chunker) => new(
        scratch.Store, TimeProvider.System, scratch, chunking: chunker == "cdc" ? TarRsync.Capture.FileChunking.ByContent : TarRsync.Capture.FileChunking.Fixed);

    private static async Task<SnapshotInfo> TakeAsync(IStorageEngine engine, EngineScratch scratch, string name)
        => await engine.Feature<ISnapshots>()!.CreateAsync(
            new CreateSnapshotRequest((await engine.ResolveVolumeAsync(BytePath.FromString(scratch.Live))).Ref, name), Cancel);

    private static List<(string Name, bool IsChunks)> Kinds(EngineScratch scratch, string snapshot)
    {
        using SnapshotStore store = SnapshotStore.Open(scratch.Store, StoreAccess.Read, false, TimeProvider.System);
        using ManifestReader reader = store.OpenManifest(store.FindSnapshot(store.Volumes()[0].Id, snapshot)!);
        var kinds = new List<(string, bool)>();
        while (reader.MoveNext())
        {
            if (reader.Current.Type == TreeEntryType.File)
                kinds.Add((new BytePath(reader.Current.Path.ToArray()).ToString(), reader.Current.Content.IsChunks));
        }
        return kinds;
    }

    private static byte[] Edit(byte[] before, Random random)
    {
        byte[] after = before;
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            int at = random.Next(after.Length), length = random.Next(1, 200_000), rest = Math.Min(length, after.Length - at);
            after = random.Next(6) switch
            {
                0 => [.. after.AsSpan(0, at), .. StoreScratch.Random(length, random.Next()), .. after.AsSpan(at)],
                1 => [.. after.AsSpan(0, at), .. after.AsSpan(at + rest), 9],
                2 => [.. after.AsSpan(0, Math.Max(at, after.Length * 3 / 4)), 8],
                3 => [.. after.AsSpan(0, at), .. new byte[rest], .. after.AsSpan(at + rest)],
                4 => [.. after, .. new byte[length * 3], .. StoreScratch.Random(length, random.Next())],
                _ => [.. after.AsSpan(0, at), .. StoreScratch.Random(rest, random.Next()), .. after.AsSpan(at + rest)],
            };
        }
        return after;
    }

    // Zeroes become holes now and then, so that the same content comes with other allocations.
    private static void Sparsify(string path, Random random)
    {
        if (random.Next(2) == 0)
            EngineScratch.Run("fallocate", "--dig-holes", path);
    }

    private static async Task<List<Extent>> DeltaAsync(EngineScratch scratch, SnapshotInfo from, SnapshotInfo to, long start = 0)
    {
        var extents = new List<Extent>();
        var query = new DeltaQuery(from.ChangeToken!, to.Ref) { Path = BytePath.FromString("file"), StartingOffset = start };
        await foreach (ExtentBatch batch in scratch.Engine.Feature<IBlockMap>()!.DeltaAsync(query, Cancel))
            extents.AddRange(batch.Extents);
        return extents;
    }

    private static async Task<byte[]> ReadAsync(EngineScratch scratch, SnapshotInfo snapshot)
    {
        await using Stream stream = await scratch.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, BytePath.FromString("file"), Cancel);
        var bytes = new byte[stream.Length];
        await stream.ReadExactlyAsync(bytes, Cancel);
        // And from somewhere in the middle.
        stream.Position = bytes.Length / 3;
        var part = new byte[Math.Min(100_000, bytes.Length - (int)stream.Position)];
        await stream.ReadExactlyAsync(part, Cancel);
        Assert.Equal(bytes.AsSpan(bytes.Length / 3, part.Length).ToArray(), part);
        return bytes;
    }

    private static void AssertRebuilds(byte[] before, byte[] after, List<Extent> extents)
    {
        byte[] copy = [.. before];
        Array.Resize(ref copy, after.Length);
        long end = 0;
        foreach (Extent extent in extents)
        {
            Assert.True(extent.Offset >= end && extent.End <= after.Length, $"{extent} after {end} in {after.Length}");
            end = extent.End;
            Span<byte> range = copy.AsSpan((int)extent.Offset, (int)extent.Length);
            if (extent.State == ExtentState.Zero)
                range.Clear();
            else
                after.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(range);
        }
        Assert.True(copy.AsSpan().SequenceEqual(after), "the delta leaves out a change");
    }
}
