using StorageEngines.Posix;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Tests.Posix;

namespace StorageEngines.TarRsync.Tests.Reflink;

/// <summary>What a clone is as a snapshot: made at one instant, without reading, gone with it, and noticed when it is not what it was.</summary>
public sealed class CloneTests
{
    private const int Block = 4096;

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task Written_blocks_are_told_exactly_without_reading(string kind)
    {
        await using var scratch = new CloneScratch(kind);
        var bytes = new byte[8 << 20];
        new Random(1).NextBytes(bytes);
        File.WriteAllBytes(scratch.Image, bytes);
        SnapshotInfo first = await scratch.SnapshotAsync();
        Run(scratch, "pwrite -q 65536 4096", "pwrite -q 1048577 1", "fpunch 2097152 131072", "falloc -k 16777216 65536");
        SnapshotInfo second = await scratch.SnapshotAsync();
        List<ExtentBatch> answer = await scratch.AssertRebuildsAsync(first, second, kind);
        Assert.Equal(
            [new Extent(65536, Block), new Extent(1048576, Block), new Extent(2097152, 131072, ExtentState.Zero)],
            answer.SelectMany(batch => batch.Extents));
        Assert.Equal((ChangeSource.NativeDelta, Exactness.Superset), (answer[0].Source, answer[0].Exactness));
        Assert.Equal(Consistency.Crash, second.Consistency);
        Assert.Equal(0, scratch.BytesReadOfVolume);
        Assert.True(second.Statistics!.BytesStored < 1 << 16, $"{second.Statistics.BytesStored} bytes were stored.");
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task Space_that_is_set_aside_and_not_written_is_zeroes(string kind)
    {
        await using var scratch = new CloneScratch(kind);
        File.WriteAllBytes(scratch.Image, [.. Enumerable.Repeat((byte)7, 1 << 20)]);
        Run(scratch, "truncate 4194304", "falloc 2097152 65536", "fzero 524288 65536");
        SnapshotInfo first = await scratch.SnapshotAsync();
        Run(scratch, "falloc 3145728 65536", "fpunch 2097152 65536", "fzero 0 65536");
        SnapshotInfo second = await scratch.SnapshotAsync();
        List<ExtentBatch> answer = await scratch.AssertRebuildsAsync(first, second, kind);
        Assert.Equal([new Extent(0, 65536, ExtentState.Zero)], answer.SelectMany(batch => batch.Extents));
        List<ExtentBatch> allocated = await scratch.Engine.Feature<IBlockMap>()!.AllocatedAsync(new AllocatedQuery(first.Ref)).ToListAsync();
        Assert.Equal([new Extent(0, 524288), new Extent(589824, 458752)], allocated.SelectMany(batch => batch.Extents));
    }

    [Fact]
    public async Task Another_part_of_the_same_compressed_extent_is_told()
    {
        await using var scratch = new CloneScratch("btrfs,compress-force=zstd");
        File.WriteAllBytes(scratch.Image, [.. Enumerable.Range(0, 131072).Select(i => (byte)(i / 5000))]);
        SnapshotInfo first = await scratch.SnapshotAsync();
        // Now the first half is the extent's second half, at the same address as before, as the file system tells it.
        Run(scratch, $"reflink {scratch.Image} 65536 0 65536");
        SnapshotInfo second = await scratch.SnapshotAsync();
        List<ExtentBatch> answer = await scratch.AssertRebuildsAsync(first, second, "half of an extent");
        Assert.Equal([new Extent(0, 65536)], answer.SelectMany(batch => batch.Extents));
        Assert.Equal(ChangeSource.HashCompare, answer[0].Source);
    }

    [Fact]
    public async Task An_image_that_overwrites_in_place_is_cloned_too()
    {
        await using var scratch = new CloneScratch("btrfs");
        File.WriteAllBytes(scratch.Image, []);
        Assert.Equal(0, LoopFileSystem.Run("chattr", "+C", scratch.Image).Exit);
        File.WriteAllBytes(scratch.Image, new byte[1 << 20]);
        SnapshotInfo first = await scratch.SnapshotAsync();
        Run(scratch, "pwrite -q 8192 4096");
        List<ExtentBatch> answer = await scratch.AssertRebuildsAsync(first, await scratch.SnapshotAsync(), "nodatacow");
        Assert.Equal([new Extent(8192, Block)], answer.SelectMany(batch => batch.Extents));
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task A_clone_is_of_one_instant_while_somebody_writes(string kind)
    {
        await using var scratch = new CloneScratch(kind);
        File.WriteAllBytes(scratch.Image, new byte[4 << 20]);
        using var stop = new CancellationTokenSource();
        using var begun = new ManualResetEventSlim();
        Task writer = Task.Run(() => WriteInTurn(scratch.Image, begun, stop.Token));
        Assert.True(begun.Wait(TimeSpan.FromMinutes(1)), "The writer does not begin.");
        List<SnapshotInfo> all = [];
        for (int i = 0; i < 20; i++)
        {
            all.Add(await scratch.SnapshotAsync());
        }

        await stop.CancelAsync();
        await writer;
        foreach (SnapshotInfo snapshot in all)
        {
            byte[] bytes = await scratch.ReadAsync(snapshot);
            long front = BitConverter.ToInt64(bytes, 0);
            long back = BitConverter.ToInt64(bytes, (4 << 20) - Block);
            Assert.True(front == back || front == back + 1, $"{kind}: the front is of write {front} and the back of {back}.");
        }

        Assert.True(BitConverter.ToInt64(await scratch.ReadAsync(all[^1]), 0) > 0);
        await scratch.AssertRebuildsAsync(all[0], all[^1], kind);
    }

    [Fact]
    public async Task A_store_that_was_copied_elsewhere_compares_data_and_says_so()
    {
        await using var scratch = new CloneScratch("xfs");
        var bytes = new byte[2 << 20];
        new Random(2).NextBytes(bytes);
        File.WriteAllBytes(scratch.Image, bytes);
        SnapshotInfo first = await scratch.SnapshotAsync();
        Run(scratch, "pwrite -q 65536 4096", "fpunch 131072 4096");
        SnapshotInfo second = await scratch.SnapshotAsync();
        foreach (string parent in new[] { scratch.Mount, "/tmp" })
        {
            using var copy = new ScratchDirectory(parent);
            Assert.Equal(0, LoopFileSystem.Run("cp", "-a", "--reflink=never", scratch.Store, copy.Path).Exit);
            await using var engine = new TarRsyncStorageEngine(Path.Combine(copy.Path, "store"), TimeProvider.System);
            List<ExtentBatch> answer = await engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(first.ChangeToken!, second.Ref)).ToListAsync();
            Assert.Equal([new Extent(65536, Block), new Extent(131072, Block, ExtentState.Zero)], answer.SelectMany(batch => batch.Extents));
            Assert.Equal(ChangeSource.HashCompare, answer[0].Source);
        }
    }

    [Fact]
    public async Task A_clone_that_was_written_to_is_damage()
    {
        await using var scratch = new CloneScratch("xfs");
        File.WriteAllBytes(scratch.Image, new byte[1 << 20]);
        SnapshotInfo first = await scratch.SnapshotAsync();
        SnapshotInfo second = await scratch.SnapshotAsync();
        string clone = Directory.GetFiles(Path.Combine(scratch.Store, "clones"), first.Ref.Id + "*").Single();
        Assert.Equal(0x100u, FileStatus.GetPath(System.Text.Encoding.UTF8.GetBytes(clone)).Mode);
        Assert.Equal(0, LoopFileSystem.Run("xfs_io", "-c", "pwrite -q 0 1", clone).Exit);
        CorruptDataException damage = await Assert.ThrowsAsync<CorruptDataException>(() => scratch.DeltaAsync(first, second));
        Assert.Equal(clone, damage.DamagedObject);
        await Assert.ThrowsAsync<CorruptDataException>(() => scratch.ReadAsync(first));
        File.Delete(clone);
        damage = await Assert.ThrowsAsync<CorruptDataException>(() => scratch.ReadAsync(first));
        Assert.Contains("missing", damage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_clone_goes_with_its_snapshot_and_leftovers_are_swept()
    {
        await using var scratch = new CloneScratch("xfs");
        File.WriteAllBytes(scratch.Image, new byte[1 << 20]);
        SnapshotInfo first = await scratch.SnapshotAsync();
        SnapshotInfo second = await scratch.SnapshotAsync();
        string clones = Path.Combine(scratch.Store, "clones");
        ISnapshots snapshots = scratch.Engine.Feature<ISnapshots>()!;
        await Assert.ThrowsAsync<CapabilityNotSupportedException>(() => snapshots.DeleteAsync(first.Ref, DeleteMode.DataOnly));
        await snapshots.DeleteAsync(first.Ref);
        Assert.StartsWith(second.Ref.Id, Path.GetFileName(Assert.Single(Directory.GetFiles(clones))), StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(clones, $"{first.Ref.Id}-0.clone"), "of a snapshot that was never finished");
        File.WriteAllText(Path.Combine(clones, ".seng-tmp-1"), "unfinished");
        SnapshotInfo third = await scratch.SnapshotAsync();
        Assert.Equal(2, Directory.GetFiles(clones).Length);
        await scratch.AssertRebuildsAsync(second, third, "after the sweep");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Sixty_four_gibibytes_of_holes_cost_nothing(bool cloned)
    {
        await using var scratch = new CloneScratch("xfs");
        TarRsyncStorageEngine engine = cloned ? scratch.Engine : scratch.Open(ReflinkMode.Never);
        File.WriteAllBytes(scratch.Image, []);
        Run(scratch, "truncate 68719476736", "pwrite -q 0 1048576", "pwrite -q 34359738368 1048576", "pwrite -q 68718428160 1048576");
        SnapshotInfo first = await scratch.SnapshotAsync(engine);
        Run(scratch, "fpunch 34359738368 1048576", "pwrite -q -S 7 17179869184 65536");
        SnapshotInfo second = await scratch.SnapshotAsync(engine);
        Assert.True(scratch.BytesReadOfVolume < 8 << 20, $"{scratch.BytesReadOfVolume} bytes were read.");
        Assert.Equal(
            [new Extent(17179869184, 65536), new Extent(34359738368, 1048576, ExtentState.Zero)],
            (await scratch.DeltaAsync(first, second)).SelectMany(batch => batch.Extents));
        await scratch.Engine.Feature<ISnapshots>()!.RollbackAsync(first.Ref, new RollbackOptions { DestroyNewer = true });
        Assert.Equal((long)(3 << 20) / 512, (long)FileStatus.GetPath(System.Text.Encoding.UTF8.GetBytes(scratch.Image)).Blocks);
        string copy = Path.Combine(scratch.Mount, "copy");
        await scratch.Engine.Feature<ISnapshots>()!.CloneAsync(second.Ref, BytePath.FromString(copy));
        Assert.Equal((long)((2 << 20) + 65536) / 512, (long)FileStatus.GetPath(System.Text.Encoding.UTF8.GetBytes(copy)).Blocks);
        Assert.Equal(68719476736, new FileInfo(copy).Length);
    }

    [Fact]
    public async Task Where_nothing_can_be_shared_data_is_read_or_the_snapshot_refused()
    {
        using var scratch = new ScratchDirectory();
        string image = Path.Combine(scratch.Path, "image");
        File.WriteAllBytes(image, new byte[100_000]);
        await using var always = new TarRsyncStorageEngine(Path.Combine(scratch.Path, "store"), TimeProvider.System, reflink: ReflinkMode.Always);
        VolumeRef volume = (await always.ResolveVolumeAsync(BytePath.FromString(image))).Ref;
        StorageEngineException refusal = await Assert.ThrowsAsync<StorageEngineException>(
            () => always.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, "a")));
        Assert.SkipUnless(refusal is { Reason: EngineReason.NotSupported }, "backend missing: ext4: /tmp shares blocks");
        Assert.Equal((EngineStatus.FailedPrecondition, Recovery.FixRequest), (refusal.Status, refusal.Recovery));
        await using var auto = new TarRsyncStorageEngine(Path.Combine(scratch.Path, "store"), TimeProvider.System);
        SnapshotInfo snapshot = await auto.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, "a"));
        Assert.Equal(Consistency.PerFile, snapshot.Consistency);
        Assert.False(Directory.Exists(Path.Combine(scratch.Path, "store", "clones")));
    }

    private static void WriteInTurn(string image, ManualResetEventSlim begun, CancellationToken stop)
    {
        using FileStream file = File.OpenWrite(image);
        for (long turn = 1; !stop.IsCancellationRequested; turn++)
        {
            byte[] bytes = [.. Enumerable.Repeat(BitConverter.GetBytes(turn), Block / 8).SelectMany(b => b)];
            RandomAccess.Write(file.SafeFileHandle, bytes, 0);
            RandomAccess.Write(file.SafeFileHandle, bytes, 1 << 20);
            RandomAccess.Write(file.SafeFileHandle, bytes, (4 << 20) - Block);
            begun.Set();
        }
    }

    private static void Run(CloneScratch scratch, params string[] commands)
    {
        foreach (string command in commands)
        {
            (int exit, string text) = LoopFileSystem.Run("xfs_io", "-c", command, scratch.Image);
            Assert.True(exit == 0 && !text.Contains("rror", StringComparison.Ordinal), $"{command}: {text}");
        }
    }
}
