using StorageEngines.Tests.Portable.Trees;

namespace StorageEngines.Tests.Portable.Interrupted;

/// <summary>kill -9 in the middle of an apply or a restore: what stands under the final name is whole, and what to do next works.</summary>
public sealed class KillTests
{
    public static TheoryData<string, string, int> Renames()
    {
        var data = new TheoryData<string, string, int>();
        foreach (string format in new[] { "block", "btrfs", "tar" })
        {
            // A receipt is put in its place by renameat, the target leaves and takes its name by renameat2.
            data.AddRange((format, "renameat", 1), (format, "renameat", 2), (format, "renameat", 3), (format, "renameat2", 1), (format, "renameat2", 2));
        }

        return data;
    }

    // Not a test of its own: what the tests below start in a process of its own, to kill it.
    [Fact]
    public async Task Child_that_is_killed()
    {
        if (ChildWork.Read() is { } work)
        {
            await work.RunAsync();
        }
    }

    [Fact]
    public async Task Difference_of_an_image_is_finished_by_the_same_call()
    {
        var random = new Random(1);
        for (int i = 0; i < 6; i++)
        {
            using var place = new BlockPlace();
            int reads = (int)(2 * new FileInfo(place.Stream).Length / FusedStream.BytesPerRead);
            Assert.True(await ChildProcess.RunAsync(place.Work with { KillAtStep = random.Next(1, reads) }));
            await place.AssertRecoversAsync();
        }
    }

    [Theory]
    [InlineData(DifferentialFormat.BtrfsSend)]
    [InlineData(DifferentialFormat.Tar)]
    public async Task Difference_of_a_tree_leaves_the_base_or_a_tree_that_says_what_it_is(DifferentialFormat format)
    {
        var random = new Random(2);
        for (int i = 0; i < 5; i++)
        {
            using TreePlace place = await TreePlace.MakeAsync(format, 100 + i);
            int reads = (int)(2 * new FileInfo(place.Stream).Length / FusedStream.BytesPerRead);
            Assert.True(await ChildProcess.RunAsync(place.Work with { KillAtStep = random.Next(1, reads + 1) }));
            await place.AssertRecoversAsync();
        }
    }

    [Theory]
    [MemberData(nameof(Renames))]
    public async Task No_moment_between_names_and_receipts_is_lost(string format, string call, int count)
    {
        Assert.SkipUnless(ChildProcess.Strace is not null, "backend missing: strace: the program is not installed");
        if (format == "block")
        {
            using var place = new BlockPlace();
            await ChildProcess.RunUntilCallAsync(place.Work, call, count);
            await place.AssertRecoversAsync();
            return;
        }

        using TreePlace tree = await TreePlace.MakeAsync(format == "tar" ? DifferentialFormat.Tar : DifferentialFormat.BtrfsSend, 7);
        await ChildProcess.RunUntilCallAsync(tree.Work, call, count);
        await tree.AssertRecoversAsync();
    }

    [Fact]
    public async Task Restored_image_appears_whole_or_not_at_all()
    {
        (FakeBlockEngine engine, SnapshotInfo snapshot, byte[] content) = ChildWork.Image();
        var random = new Random(3);
        for (int i = 0; i < 4; i++)
        {
            using var scratch = new Trees.ScratchDirectory();
            string image = Path.Combine(scratch.Path, "image");
            await ChildProcess.RunAsync(new ChildWork("restore-block", "", image, scratch.State, random.Next(1, 20)));
            Assert.Empty(Directory.GetFileSystemEntries(scratch.Path).Select(Path.GetFileName).Except(["state", "image"]));
            if (!File.Exists(image))
            {
                await BlockRestore.RestoreAsync(engine, snapshot, scratch.At("image"), new RestoreOptions { StateDirectory = scratch.State });
            }

            Assert.Equal(content, File.ReadAllBytes(image));
        }
    }

    [Fact]
    public async Task Restored_tree_appears_whole_or_not_at_all()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: the random owners need it");
        (MemoryTree tree, SnapshotInfo snapshot) = await ChildWork.TreeAsync();
        var random = new Random(4);
        for (int i = 0; i < 4; i++)
        {
            using var scratch = new Trees.ScratchDirectory();
            var options = new RestoreOptions { StateDirectory = scratch.State };
            Assert.True(await ChildProcess.RunAsync(new ChildWork("restore-tree", "", scratch.At("tree").ToString(), scratch.State, random.Next(1, 40))));
            Assert.False(Directory.Exists(Path.Combine(scratch.Path, "tree")));
            StorageEngineException refused = await Assert.ThrowsAsync<StorageEngineException>(
                () => TreeRestore.RestoreAsync(tree.Engine, snapshot, scratch.At("tree"), options));
            Assert.Contains("is not whole; remove it and try again", refused.Message, StringComparison.Ordinal);
            TreePlace.Remove(scratch, "tree.seng-applying");
            await TreeRestore.RestoreAsync(tree.Engine, snapshot, scratch.At("tree"), options);
            Assert.Equal(tree.Lines(), LiveTree.Read(scratch.At("tree")));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Restored_tree_is_known_as_soon_as_it_has_its_name(int call)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "backend missing: root: the random owners need it");
        Assert.SkipUnless(ChildProcess.Strace is not null, "backend missing: strace: the program is not installed");
        (MemoryTree tree, SnapshotInfo snapshot) = await ChildWork.TreeAsync();
        using var scratch = new Trees.ScratchDirectory();
        Assert.True(await ChildProcess.RunUntilCallAsync(new ChildWork("restore-tree", "", scratch.At("tree").ToString(), scratch.State), "renameat", call));
        if (Directory.Exists(Path.Combine(scratch.Path, "tree.seng-applying")))
        {
            StorageEngineException refused = await Assert.ThrowsAsync<StorageEngineException>(
                () => TreeRestore.RestoreAsync(tree.Engine, snapshot, scratch.At("tree"), new RestoreOptions { StateDirectory = scratch.State }));
            if (!refused.Message.Contains("lacks only its name", StringComparison.Ordinal))
            {
                Assert.Contains("is not whole", refused.Message, StringComparison.Ordinal);
                return;
            }

            Directory.Move(Path.Combine(scratch.Path, "tree.seng-applying"), Path.Combine(scratch.Path, "tree"));
        }

        // The other process made its own history, at another time.
        Assert.Equal(tree.Lines().Keys, LiveTree.Read(scratch.At("tree")).Keys);
        TargetReceipt receipt = new TargetReceipts(scratch.State).Get(scratch.At("tree"))!;
        Assert.Equal((SnapshotIdentity.Of(snapshot.Ref), null), (receipt.Snapshot, receipt.Applying));
    }
}
