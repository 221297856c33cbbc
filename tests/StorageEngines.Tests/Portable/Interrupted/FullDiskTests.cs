using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>A file system that is too small, and one that becomes full in the middle.</summary>
public sealed class FullDiskTests
{
    private const long Size = 12 << 20;

    [Fact]
    public async Task What_cannot_fit_is_refused_before_the_first_write()
    {
        using var disk = new SmallFileSystem(Size);
        disk.Leave(1 << 20);
        var engine = new FakeBlockEngine();
        byte[] content = new byte[3_000_000];
        new Random(1).NextBytes(content);
        SnapshotInfo image = engine.Add("image", content);
        var whole = new MemoryStream();
        await BlockDifferential.ExportAsync(engine, null, image, whole);
        whole.Position = 0;
        (InMemoryTree tree, SnapshotInfo snapshot) = await InMemoryTree.MakeAsync(3_000_000);
        List<Func<Task>> attempts =
        [
            () => BlockRestore.RestoreAsync(engine, image, disk.At("image"), new RestoreOptions { StateDirectory = disk.State }),
            () => BlockDifferential.ApplyAsync(whole, disk.At("image"), new ApplyOptions { StateDirectory = disk.State }),
            () => TreeRestore.RestoreAsync(tree.Engine, snapshot, disk.At("tree"), new RestoreOptions { StateDirectory = disk.State }),
        ];
        foreach (DifferentialFormat format in new[] { DifferentialFormat.BtrfsSend, DifferentialFormat.Tar })
        {
            var stream = new MemoryStream();
            await TreeDifferential.ExportAsync(tree.Engine, null, snapshot, stream, format);
            stream.Position = 0;
            attempts.Add(() => TreeDifferential.ApplyAsync(stream, disk.At("tree"), new ApplyOptions { StateDirectory = disk.State }));
        }

        foreach (Func<Task> attempt in attempts)
        {
            StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(attempt);
            Assert.Equal((EngineStatus.ResourceExhausted, EngineReason.NoSpace), (error.Status, error.Reason));
            Assert.Contains("Nothing was written", error.Message, StringComparison.Ordinal);
            Assert.Equal(["ballast"], Directory.GetFileSystemEntries(disk.Path).Select(Path.GetFileName));
        }
    }

    [Fact]
    public async Task Holes_do_not_count()
    {
        using var disk = new SmallFileSystem(Size);
        var engine = new FakeBlockEngine();
        byte[] content = new byte[100 << 20];
        content[50 << 20] = 1;
        SnapshotInfo image = engine.Add("sparse", content);
        await BlockRestore.RestoreAsync(engine, image, disk.At("image"), new RestoreOptions { StateDirectory = disk.State });
        Assert.Equal(content.Length, new FileInfo(disk["image"]).Length);
    }

    [Fact]
    public async Task Image_that_would_grow_too_much_is_refused_untouched_and_one_that_does_so_in_the_middle_is_finished_later()
    {
        using var disk = new SmallFileSystem(Size);
        var engine = new FakeBlockEngine();
        var random = new Random(5);
        byte[] first = RandomImages.Make(random, 2_000_000);
        byte[] second = [.. first, .. new byte[4_000_000]];
        random.NextBytes(second.AsSpan(1_900_000));
        SnapshotInfo from = engine.Add("first", first);
        SnapshotInfo to = engine.Add("second", second);
        await BlockRestore.RestoreAsync(engine, from, disk.At("image"), new RestoreOptions { StateDirectory = disk.State });
        var stream = new MemoryStream();
        await BlockDifferential.ExportAsync(engine, from, to, stream);
        disk.Leave(1 << 20);
        StorageEngineException refused = await Assert.ThrowsAsync<StorageEngineException>(() => ApplyAsync(null));
        Assert.Contains("Nothing was written", refused.Message, StringComparison.Ordinal);
        Assert.Equal(first, File.ReadAllBytes(disk["image"]));
        disk.MakeRoom();

        StorageEngineException failed = await Assert.ThrowsAsync<StorageEngineException>(() => ApplyAsync(new Once("apply", () => disk.Leave(256 << 10))));
        Assert.Equal(EngineReason.NoSpace, failed.Reason);
        Assert.Contains("apply the same stream again to finish", failed.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(disk["image"]));
        disk.MakeRoom();
        await ApplyAsync(null);
        Assert.Equal(second, File.ReadAllBytes(disk["image"]));

        Task<DifferentialSummary> ApplyAsync(IProgress<OperationProgress>? progress)
        {
            stream.Position = 0;
            return BlockDifferential.ApplyAsync(stream, disk.At("image"), new ApplyOptions { StateDirectory = disk.State, Progress = progress });
        }
    }

    [Fact]
    public async Task Disk_that_becomes_full_while_an_image_is_restored_leaves_nothing()
    {
        using var disk = new SmallFileSystem(Size);
        (FakeBlockEngine engine, SnapshotInfo image, _) = ChildWork.Image();

        // Without a map it is one piece, which one worker writes: no other one can be done before the disk is full.
        engine.Without<IBlockMap>();
        var options = new RestoreOptions { StateDirectory = disk.State, Progress = new Once("restore", () => disk.Leave(100_000)) };
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => BlockRestore.RestoreAsync(engine, image, disk.At("image"), options));
        Assert.Equal(EngineReason.NoSpace, error.Reason);
        Assert.Equal(["ballast"], Directory.GetFileSystemEntries(disk.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(DifferentialFormat.BtrfsSend)]
    [InlineData(DifferentialFormat.Tar)]
    public async Task Disk_that_becomes_full_while_a_tree_is_made_leaves_nothing(DifferentialFormat? format)
    {
        using var disk = new SmallFileSystem(Size);
        (InMemoryTree tree, SnapshotInfo snapshot) = await InMemoryTree.MakeAsync(6_000_000);
        StorageEngineException error;
        if (format is { } stream)
        {
            var output = new MemoryStream();
            await TreeDifferential.ExportAsync(tree.Engine, null, snapshot, output, stream);
            output.Position = 0;
            var options = new ApplyOptions { StateDirectory = disk.State, Progress = new Once("apply", () => disk.Leave(100_000)) };
            error = await Assert.ThrowsAsync<StorageEngineException>(() => TreeDifferential.ApplyAsync(output, disk.At("tree"), options));
        }
        else
        {
            var options = new RestoreOptions { StateDirectory = disk.State, Progress = new Once("restore", () => disk.Leave(100_000)) };
            error = await Assert.ThrowsAsync<StorageEngineException>(() => TreeRestore.RestoreAsync(tree.Engine, snapshot, disk.At("tree"), options));
        }

        Assert.Equal(EngineReason.NoSpace, error.Reason);
        Assert.Equal(["ballast"], Directory.GetFileSystemEntries(disk.Path).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData(DifferentialFormat.BtrfsSend)]
    [InlineData(DifferentialFormat.Tar)]
    public async Task Disk_that_becomes_full_while_a_difference_is_applied_leaves_a_tree_that_says_what_it_is(DifferentialFormat format)
    {
        using var disk = new SmallFileSystem(Size);
        (InMemoryTree tree, SnapshotInfo first) = await InMemoryTree.MakeAsync(100_000);
        var restore = new RestoreOptions { StateDirectory = disk.State };
        await TreeRestore.RestoreAsync(tree.Engine, first, disk.At("tree"), restore);
        SnapshotInfo second = await tree.GrowAsync(4_000_000);
        var stream = new MemoryStream();
        await TreeDifferential.ExportAsync(tree.Engine, first, second, stream, format);
        disk.Leave(2 << 20);
        StorageEngineException failed = await Assert.ThrowsAsync<StorageEngineException>(ApplyAsync);
        Assert.Equal(EngineReason.NoSpace, failed.Reason);
        Assert.Contains("restore the base again", failed.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(disk["tree"]));
        disk.MakeRoom();
        StorageEngineException aside = await Assert.ThrowsAsync<StorageEngineException>(ApplyAsync);
        Assert.Contains("restore the base again", aside.Message, StringComparison.Ordinal);
        Directory.Delete(disk["tree.seng-applying"], recursive: true);
        await TreeRestore.RestoreAsync(tree.Engine, first, disk.At("tree"), restore);
        await ApplyAsync();
        Assert.Equal(4_000_000, Directory.GetFiles(disk["tree"], "more*").Sum(f => new FileInfo(f).Length));

        Task<DifferentialSummary> ApplyAsync()
        {
            stream.Position = 0;
            return TreeDifferential.ApplyAsync(stream, disk.At("tree"), new ApplyOptions { StateDirectory = disk.State });
        }
    }

    /// <summary>Does something at the first report of a phase.</summary>
    private sealed class Once(string phase, Action action) : IProgress<OperationProgress>
    {
        private int _done;

        public void Report(OperationProgress value)
        {
            if (value.Phase == phase && Interlocked.Exchange(ref _done, 1) == 0)
            {
                action();
            }
        }
    }

    /// <summary>Files of 20,000 bytes each.</summary>
    private sealed class InMemoryTree
    {
        private readonly MemoryTree _tree = new(1);
        private readonly Random _random = new(2);

        internal Testing.InMemoryStorageEngine Engine => _tree.Engine;

        internal static async Task<(InMemoryTree Tree, SnapshotInfo Snapshot)> MakeAsync(int bytes)
        {
            var tree = new InMemoryTree();
            return (tree, await tree.AddAsync("file", bytes));
        }

        internal Task<SnapshotInfo> GrowAsync(int bytes) => AddAsync("more", bytes);

        private Task<SnapshotInfo> AddAsync(string name, int bytes)
        {
            for (int i = 0; i < bytes / 20_000; i++)
            {
                var content = new byte[20_000];
                _random.NextBytes(content);
                _tree.Volume.CreateFile(BytePath.FromString($"{name}{i}"), content);
            }

            return _tree.SnapshotAsync();
        }
    }
}
