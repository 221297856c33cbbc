namespace StorageEngines.Tests.Portable.Trees;

public sealed class TreeDifferentialTests
{
    public static TheoryData<DifferentialFormat, int> Histories()
    {
        var data = new TheoryData<DifferentialFormat, int>();
        for (int seed = 1; seed <= 40; seed++)
        {
            data.Add(DifferentialFormat.BtrfsSend, seed);
            data.Add(DifferentialFormat.Tar, seed);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Histories))]
    public async Task Whole_and_differences_of_a_random_history_give_every_snapshot(DifferentialFormat format, int seed)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: the random owners need it");
        using var scratch = new ScratchDirectory();
        var tree = new MemoryTree(seed);
        BytePath target = scratch.At("tree");
        SnapshotInfo? last = null;
        for (int round = 0; round < 5; round++)
        {
            tree.Change(round == 0 ? 60 : 5 + (seed % 40));
            SnapshotInfo snapshot = await tree.SnapshotAsync();
            var stream = new MemoryStream();
            DifferentialSummary exported = await TreeDifferential.ExportAsync(tree.Engine, last, snapshot, stream, format);
            Assert.Equal(stream.Length, exported.StreamBytes);
            stream.Position = 0;

            await TreeDifferential.ApplyAsync(stream, target, scratch.Options);

            Assert.Equal(tree.Lines(), LiveTree.Read(target));
            last = snapshot;
        }
    }

    [Fact]
    public async Task A_difference_applies_to_a_restored_base()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: the random owners need it");
        using var scratch = new ScratchDirectory();
        var tree = new MemoryTree(4711);
        tree.Change(200);
        SnapshotInfo first = await tree.SnapshotAsync();
        BytePath target = scratch.At("tree");
        await TreeRestore.RestoreAsync(tree.Engine, first, target, new RestoreOptions { StateDirectory = scratch.State });
        Assert.Equal(tree.Lines(), LiveTree.Read(target));

        tree.Change(50);
        var stream = new MemoryStream();
        await TreeDifferential.ExportAsync(tree.Engine, first, await tree.SnapshotAsync(), stream, DifferentialFormat.BtrfsSend);
        stream.Position = 0;
        await TreeDifferential.ApplyAsync(stream, target, scratch.Options);

        Assert.Equal(tree.Lines(), LiveTree.Read(target));
        Assert.Equal(["state", "tree"], Directory.GetFileSystemEntries(scratch.Path).Select(p => Path.GetFileName(p)!).Order());
    }
}
