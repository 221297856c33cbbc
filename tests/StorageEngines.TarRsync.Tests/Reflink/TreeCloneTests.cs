using System.IO.MemoryMappedFiles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Tests.Capture;
using StorageEngines.TarRsync.Tests.Posix;

namespace StorageEngines.TarRsync.Tests.Reflink;

/// <summary>The large files of a tree by reflink: what is shared, what is told, and how long it stays.</summary>
public sealed class TreeCloneTests
{
    private const int Block = 4096;
    private const int Large = TreeCloneScratch.Large;

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task Large_files_are_shared_small_ones_read_and_changes_told_from_the_maps(string kind)
    {
        await using var scratch = new TreeCloneScratch(kind);
        byte[] disk = scratch.Write("disk", 1 << 20, 1);
        byte[] other = scratch.Write("other", Large, 2);
        byte[] small = scratch.Write("small", Large - Block, 3);
        SnapshotInfo first = await scratch.SnapshotAsync();
        Assert.Equal((2, disk.Length + other.Length), (first.Statistics!.FilesCloned, first.Statistics.BytesCloned));
        Assert.Equal(small.Length, scratch.BytesRead);
        Assert.Equal(Consistency.PerFile, first.Consistency);
        scratch.Patch("disk", 65536, [1, 2, 3]);
        SnapshotInfo second = await scratch.SnapshotAsync();
        Assert.Equal((1, disk.Length), (second.Statistics!.FilesCloned, second.Statistics.BytesCloned));
        Assert.Equal(small.Length, scratch.BytesRead);
        List<ExtentBatch> answer = await scratch.AssertRebuildsAsync(first, second, "disk");
        Assert.Equal((ChangeSource.NativeDelta, new Extent(65536, Block)), (answer[0].Source, Assert.Single(answer[0].Extents)));
        Assert.Equal("disk", Assert.Single(await scratch.DiffAsync(first, second)).Path.ToString());
        await scratch.AssertHoldsAsync(first, "disk", disk);
        await scratch.AssertHoldsAsync(second, "other", other);
        await scratch.AssertHoldsAsync(second, "small", small);
        Assert.Equal(ChangeSource.NativeDelta, (await scratch.DeltaAsync(first, second, "other"))[0].Source);
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task A_clone_stays_as_long_as_one_snapshot_needs_it(string kind)
    {
        await using var scratch = new TreeCloneScratch(kind);
        byte[] kept = scratch.Write("kept", 1 << 20, 1);
        scratch.Write("disk", 1 << 20, 2);
        SnapshotInfo first = await scratch.SnapshotAsync();
        scratch.Patch("disk", 0, [1]);
        SnapshotInfo second = await scratch.SnapshotAsync();
        scratch.Patch("disk", 500_000, [1]);
        byte[] disk = File.ReadAllBytes(scratch.At("disk"));
        SnapshotInfo third = await scratch.SnapshotAsync();
        await scratch.Snapshots.DeleteAsync(first.Ref);
        await scratch.AssertHoldsAsync(second, "kept", kept);
        await scratch.AssertRebuildsAsync(second, third, "disk");
        await scratch.Snapshots.DeleteAsync(second.Ref);
        await scratch.Engine.Feature<IStoreMaintenance>()!.CollectAsync(new StoreCollectOptions { Grace = TimeSpan.Zero });
        await scratch.AssertHoldsAsync(third, "kept", kept);
        await scratch.AssertHoldsAsync(third, "disk", disk);
        Assert.Equal(2, scratch.Clones.Length);
        await scratch.Snapshots.DeleteAsync(third.Ref);
        Assert.Empty(scratch.Clones);
    }

    [Fact]
    public async Task A_file_with_several_names_is_one_clone()
    {
        await using var scratch = new TreeCloneScratch("xfs");
        byte[] bytes = scratch.Write("a", 1 << 20, 1);
        for (char name = 'b'; name <= 'd'; name++)
        {
            EngineScratch.Run("ln", scratch.At("a"), scratch.At(name.ToString()));
        }

        SnapshotInfo first = await scratch.SnapshotAsync();
        Assert.Equal((1, 1), (first.Statistics!.FilesCloned, scratch.Clones.Length));
        SnapshotInfo second = await scratch.SnapshotAsync();
        Assert.Equal((0, 2), (second.Statistics!.FilesCloned, scratch.Clones.Length));
        await scratch.Snapshots.DeleteAsync(first.Ref);
        await scratch.AssertHoldsAsync(second, "c", bytes);
        string copy = Path.Combine(scratch.Mount, "copy");
        await scratch.Snapshots.CloneAsync(second.Ref, BytePath.FromString(copy));
        EngineScratch.AssertSame(scratch.Live, copy);
        Assert.Equal(4u, FileStatus.GetPath(System.Text.Encoding.UTF8.GetBytes(Path.Combine(copy, "d"))).LinkCount);
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    [InlineData("btrfs,compress-force=zstd")]
    public async Task Files_go_from_clone_to_blocks_and_back(string kind)
    {
        await using var scratch = new TreeCloneScratch(kind);
        string[] names = ["grown", "cut", "shrunk", "sparse", "replaced", "packed"];
        foreach (string name in names)
        {
            scratch.Write(name, (1 << 20) + 7, name.Length);
        }

        SnapshotInfo first = await scratch.SnapshotAsync();
        EngineScratch.Run("truncate", "-s", "3000000", scratch.At("grown"));
        EngineScratch.Run("truncate", "-s", "500001", scratch.At("cut"));
        EngineScratch.Run("truncate", "-s", "100000", scratch.At("shrunk"));
        EngineScratch.Run("fallocate", "-p", "-o", "0", "-l", "1040000", scratch.At("sparse"));
        scratch.Write("new", 1 << 20, 7);
        File.Move(scratch.At("new"), scratch.At("replaced"), overwrite: true);
        scratch.Patch("packed", 0, [1]);
        SnapshotInfo second = await scratch.SnapshotAsync();
        SnapshotInfo packed = await scratch.SnapshotAsync(scratch.Open(ReflinkMode.Never));
        Assert.Equal(0, packed.Statistics!.FilesCloned);
        Assert.DoesNotContain(scratch.Clones, path => Path.GetFileName(path).StartsWith(packed.Ref.Id, StringComparison.Ordinal));
        foreach (string name in names)
        {
            scratch.Patch(name, 50_000, [1, 2, 3]);
        }

        SnapshotInfo last = await scratch.SnapshotAsync();
        foreach (string name in names)
        {
            await scratch.AssertHoldsAsync(last, name, File.ReadAllBytes(scratch.At(name)));
            await scratch.AssertRebuildsAsync(first, second, name);
            await scratch.AssertRebuildsAsync(second, packed, name);
            await scratch.AssertRebuildsAsync(packed, last, name);
            await scratch.AssertRebuildsAsync(first, last, name);
        }

        Assert.Empty(await scratch.DiffAsync(second, packed));
        await scratch.Snapshots.RollbackAsync(first.Ref, new RollbackOptions { DestroyNewer = true });
        SnapshotInfo again = await scratch.SnapshotAsync();
        Assert.Empty(await scratch.DiffAsync(first, again));
    }

    [Fact]
    public async Task Of_a_tree_the_data_in_packs_can_be_deleted_and_the_clones_still_answer()
    {
        await using var scratch = new TreeCloneScratch("xfs");
        scratch.Write("disk", 1 << 20, 1);
        scratch.Write("small", 1000, 2);
        SnapshotInfo first = await scratch.SnapshotAsync();
        scratch.Patch("disk", 8192, [1]);
        SnapshotInfo second = await scratch.SnapshotAsync();
        await scratch.Snapshots.DeleteAsync(first.Ref, DeleteMode.DataOnly);
        Assert.Equal(new Extent(8192, Block), Assert.Single((await scratch.DeltaAsync(first, second, "disk"))[0].Extents));
        await Assert.ThrowsAsync<SnapshotNotFoundException>(() => scratch.ReadAsync(first, "disk"));
        await scratch.Snapshots.DeleteAsync(first.Ref);
        Assert.Single(scratch.Clones);
    }

    [Theory]
    [InlineData("xfs")]
    [InlineData("btrfs")]
    public async Task A_store_to_a_mapped_page_that_was_dirty_is_seen_after_a_clone(string kind)
    {
        await using var scratch = new TreeCloneScratch(kind);
        scratch.Write("disk", 1 << 20, 1);
        using var map = MemoryMappedFile.CreateFromFile(scratch.At("disk"));
        using MemoryMappedViewAccessor page = map.CreateViewAccessor(8192, Block);
        page.Write(0, 1);
        SnapshotInfo first = await scratch.SnapshotAsync();
        page.Write(0, 2);
        SnapshotInfo second = await scratch.SnapshotAsync();
        Assert.Equal(1, BitConverter.ToInt32(await scratch.ReadAsync(first, "disk"), 8192));
        Assert.Equal(2, BitConverter.ToInt32(await scratch.ReadAsync(second, "disk"), 8192));
    }

    [Fact]
    public async Task A_new_name_that_cannot_be_had_is_another_clone()
    {
        await using var scratch = new TreeCloneScratch("xfs");
        byte[] bytes = scratch.Write("disk", 1 << 20, 1);
        SnapshotInfo first = await scratch.SnapshotAsync();
        // Nobody may link to an immutable file, as nobody may beyond the most names that a file can have.
        EngineScratch.Run("chattr", "+i", Assert.Single(scratch.Clones));
        SnapshotInfo second = await scratch.SnapshotAsync();
        EngineScratch.Run("chattr", "-i", scratch.Clones.Single(path => Path.GetFileName(path).StartsWith(first.Ref.Id, StringComparison.Ordinal)));
        Assert.Equal((0, 2), (second.Statistics!.FilesCloned, scratch.Clones.Length));
        Assert.Empty((await scratch.DeltaAsync(first, second, "disk")).SelectMany(batch => batch.Extents));
        await scratch.Snapshots.DeleteAsync(first.Ref);
        await scratch.AssertHoldsAsync(second, "disk", bytes);
    }

    [Fact]
    public async Task Where_nothing_can_be_shared_large_files_are_read_or_the_snapshot_refused()
    {
        using var scratch = new ScratchDirectory();
        string tree = Directory.CreateDirectory(Path.Combine(scratch.Path, "tree")).FullName;
        File.WriteAllBytes(Path.Combine(tree, "large"), [.. Enumerable.Repeat((byte)1, Large)]);
        string store = Path.Combine(scratch.Path, "store");
        await using var always = new TarRsyncStorageEngine(store, TimeProvider.System, reflink: ReflinkMode.Always, cloneFrom: Large);
        VolumeRef volume = (await always.ResolveVolumeAsync(BytePath.FromString(tree))).Ref;
        StorageEngineException? refusal = await Record.ExceptionAsync(
            () => always.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, "a"))) as StorageEngineException;
        Assert.SkipWhen(refusal is null, "backend missing: ext4: /tmp shares blocks");
        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.NotSupported), (refusal.Status, refusal.Reason));
        Assert.Contains("'large'", refusal.Message, StringComparison.Ordinal);
        await using var auto = new TarRsyncStorageEngine(store, TimeProvider.System, cloneFrom: Large);
        SnapshotInfo snapshot = await auto.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, "a"));
        Assert.Equal((0, Large), (snapshot.Statistics!.FilesCloned, snapshot.Statistics.BytesRead));
        Assert.False(Directory.Exists(Path.Combine(store, "clones")));
    }
}
