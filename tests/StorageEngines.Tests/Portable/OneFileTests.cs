using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Tests.Portable;

/// <summary>One file of a tree volume as an image, and differences of very many extents.</summary>
public sealed class OneFileTests
{
    private const int Unit = 4096;
    private const int Units = 3000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task One_file_of_a_tree_travels_as_an_image_also_when_it_was_renamed(bool restored)
    {
        using var scratch = new Trees.ScratchDirectory();
        var tree = new MemoryTree(1);
        var random = new Random(1);
        byte[] content = Content(random, 300_000);
        BytePath disk = BytePath.FromString("vm/disk");
        BytePath moved = BytePath.FromString("vm/moved");
        tree.Volume.CreateDirectory(BytePath.FromString("vm"));
        tree.Volume.CreateFile(disk, content);
        SnapshotInfo first = await tree.SnapshotAsync();
        tree.Volume.Write(disk, 100_001, Content(random, 5000));
        tree.Volume.Truncate(disk, 400_000);
        tree.Volume.Rename(disk, moved);
        SnapshotInfo second = await tree.SnapshotAsync();

        if (restored)
        {
            var options = new RestoreOptions { StateDirectory = scratch.State, Path = disk };
            await BlockRestore.RestoreAsync(tree.Engine, first, scratch.At("image"), options);
        }
        else
        {
            await ApplyAsync(scratch, await ExportAsync(tree, null, first, new BlockExportOptions { Path = disk }));
        }

        Assert.Equal(content, File.ReadAllBytes(Path.Combine(scratch.Path, "image")));
        byte[] difference = await ExportAsync(tree, first, second, new BlockExportOptions { Path = moved, BasePath = disk });
        Assert.InRange(difference.Length, 5000, 100_000);
        await ApplyAsync(scratch, difference);
        Assert.Equal(tree.Volume.ReadFile(moved), File.ReadAllBytes(Path.Combine(scratch.Path, "image")));
    }

    [Fact]
    public async Task Difference_of_another_file_of_the_same_snapshot_is_refused()
    {
        using var scratch = new Trees.ScratchDirectory();
        var tree = new MemoryTree(1);
        BytePath[] files = [BytePath.FromString("a"), BytePath.FromString("b")];
        foreach (BytePath file in files)
        {
            tree.Volume.CreateFile(file, new byte[10_000]);
        }

        SnapshotInfo first = await tree.SnapshotAsync();
        tree.Volume.Write(files[1], 0, new byte[] { 1 });
        SnapshotInfo second = await tree.SnapshotAsync();
        await BlockRestore.RestoreAsync(tree.Engine, first, scratch.At("image"), new RestoreOptions { StateDirectory = scratch.State, Path = files[0] });
        byte[] other = await ExportAsync(tree, first, second, new BlockExportOptions { Path = files[1] });
        await Assert.ThrowsAsync<BaseMismatchException>(() => ApplyAsync(scratch, other));
        await Assert.ThrowsAsync<ArgumentException>(
            () => TreeRestore.RestoreAsync(tree.Engine, first, scratch.At("tree"), new RestoreOptions { StateDirectory = scratch.State, Path = files[0] }));
    }

    [Fact]
    public async Task Thousands_of_extents_of_a_volume_are_carried_over()
    {
        using var scratch = new Trees.ScratchDirectory();
        var engine = new FakeBlockEngine();
        var random = new Random(2);
        byte[] before = Content(random, Units * Unit);
        SnapshotInfo first = engine.Add("first", before);
        SnapshotInfo second = engine.Add("second", Dot(before));
        await BlockRestore.RestoreAsync(engine, first, scratch.At("image"), new RestoreOptions { StateDirectory = scratch.State });
        var output = new MemoryStream();
        DifferentialSummary summary = await BlockDifferential.ExportAsync(engine, first, second, output);
        Assert.Equal(Units / 2, summary.Items);
        await ApplyAsync(scratch, output.ToArray());
        Assert.True(Dot(before).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(scratch.Path, "image"))), "the image differs");
    }

    [Theory]
    [InlineData(DifferentialFormat.BtrfsSend)]
    [InlineData(DifferentialFormat.Tar)]
    public async Task File_with_more_changed_extents_than_the_file_diff_lists_is_carried_over(DifferentialFormat format)
    {
        using var scratch = new Trees.ScratchDirectory();
        var tree = new MemoryTree(1);
        BytePath file = BytePath.FromString("disk");
        byte[] before = Content(new Random(3), Units * Unit);
        tree.Volume.CreateFile(file, before);
        SnapshotInfo first = await tree.SnapshotAsync();
        for (int i = 0; i < Units; i += 2)
        {
            tree.Volume.Write(file, (long)i * Unit, Dot(before).AsSpan(i * Unit, Unit));
        }

        SnapshotInfo second = await tree.SnapshotAsync();
        FileChange change = await tree.Engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(first.ChangeToken!, second.Ref)).SingleAsync(c => c.Path == file);
        Assert.Null(change.Extents); // else this is not the path that is to be tested
        await TreeRestore.RestoreAsync(tree.Engine, first, scratch.At("tree"), new RestoreOptions { StateDirectory = scratch.State });
        var output = new MemoryStream();
        await TreeDifferential.ExportAsync(tree.Engine, first, second, output, format);
        Assert.True(format == DifferentialFormat.Tar || output.Length < Units * Unit * 6 / 10, "unchanged data is in the stream");
        output.Position = 0;
        await TreeDifferential.ApplyAsync(output, scratch.At("tree"), scratch.Options);
        Assert.True(Dot(before).AsSpan().SequenceEqual(File.ReadAllBytes(Path.Combine(scratch.Path, "tree", "disk"))), "the file differs");
    }

    private static byte[] Content(Random random, int length)
    {
        var content = new byte[length];
        random.NextBytes(content);
        return content;
    }

    /// <summary>Every second unit is another one.</summary>
    private static byte[] Dot(byte[] content)
    {
        byte[] dotted = [.. content];
        for (int i = 0; i < Units; i += 2)
        {
            dotted[i * Unit] ^= 0xFF;
        }

        return dotted;
    }

    private static async Task<byte[]> ExportAsync(MemoryTree tree, SnapshotInfo? from, SnapshotInfo to, BlockExportOptions options)
    {
        var output = new MemoryStream();
        await BlockDifferential.ExportAsync(tree.Engine, from, to, options, output);
        return output.ToArray();
    }

    private static Task<DifferentialSummary> ApplyAsync(Trees.ScratchDirectory scratch, byte[] stream)
        => BlockDifferential.ApplyAsync(new MemoryStream(stream), scratch.At("image"), scratch.Options);
}
