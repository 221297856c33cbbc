using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Tests.Capture;
using StorageEngines.TarRsync.Tests.Reflink;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync.Tests.Walk;

/// <summary>A walk with XFS' statuses in bulk tells what a walk by names tells.</summary>
public sealed class BulkWalkTests : IDisposable
{
    private static readonly PosixTime Always = new(long.MaxValue, 0);
    private readonly LoopFileSystem _system = LoopFileSystem.MakeOrSkip("xfs");

    public void Dispose() => _system.Dispose();

    [Theory]
    [InlineData(1, 0, BulkStatuses.MostFiles)]
    [InlineData(2, 2, BulkStatuses.MostFiles)]
    [InlineData(3, 2, 100)] // the rest is asked by name
    public void Both_ways_give_the_same_entries_of_a_random_tree(int seed, int threads, int most)
    {
        RandomTree.Make(_system.Mount, new Random(seed), 3000);
        EngineScratch.Run("sync", "-f", _system.Mount);

        using DirectoryHandle root = Root();
        BulkStatuses bulk = BulkScan.Run(root, FileStatus.Get(root), Math.Max(threads, 1), Always, most, CancellationToken.None);
        List<string> byName = Walk(new WalkOptions { Threads = threads });
        int plain = byName.Count(entry => entry.Contains(" Regular links 1 ", StringComparison.Ordinal));

        Assert.True(plain > 1000, $"{plain} ordinary files");
        Assert.InRange(bulk.Count, Math.Min(plain, most), Math.Min(plain, most + 2 * 2048));
        Assert.Equal(byName, Walk(new WalkOptions { Threads = threads, Bulk = bulk }));
    }

    [Fact]
    public void A_file_just_written_and_not_on_the_disk_yet_is_asked_by_name()
    {
        Write("old", "12345");
        EngineScratch.Run("sync", "-f", _system.Mount);
        File.AppendAllText(At("old"), "678");
        Write("new", "123");

        FileStatus told = Lookup(Always, "old");
        FileStatus asked = TimeRuleTests.Status(At("old"));
        // The times are those of memory, and so a change is never hidden; the size is the disk's.
        Assert.Equal((asked.ModificationTime, asked.ChangeTime), (told.ModificationTime, told.ChangeTime));
        Assert.InRange(told.Size, 5, 8);

        PosixTime now = FileClock.Now;
        using DirectoryHandle root = Root();
        BulkStatuses bulk = BulkChoice.Take(WalkMode.Bulkstat, root, 1, now with { Seconds = now.Seconds - BulkChoice.UnsettledSeconds }, CancellationToken.None)!;
        Assert.Equal(0, bulk.Count);
        Assert.Equal(Walk(new WalkOptions()), Walk(new WalkOptions { Bulk = bulk }));
    }

    // Why an inode whose ctime stands still had its name all the time.
    [Fact]
    public void A_rename_a_link_and_an_unlink_move_the_ctime()
    {
        Write("f", "1");
        Write("g", "2");
        foreach (string[] command in new[] { ["mv", At("f"), At("h")], ["ln", At("h"), At("i")], ["rm", At("i")], (string[])["mv", At("h"), At("g")] })
        {
            FileStatus before = TimeRuleTests.Status(At(command[1] == At("f") ? "f" : "h"));
            EngineScratch.Run(command[0], command[1..]);
            FileStatus after = TimeRuleTests.Status(At(File.Exists(At("h")) ? "h" : "g"));
            Assert.Equal(before.Inode, after.Inode);
            Assert.True(after.ChangeTime.CompareTo(before.ChangeTime) > 0, $"{command[0]} left the ctime at {before.ChangeTime}");
        }
    }

    [Fact]
    public void What_came_after_the_bulk_is_asked_by_name()
    {
        foreach (string name in new[] { "stays", "goes", "becomes a directory", "is linked" })
        {
            Write(name, name);
        }

        EngineScratch.Run("sync", "-f", _system.Mount);
        BulkStatuses bulk = Bulk(Always);
        File.Delete(At("goes"));
        File.Delete(At("becomes a directory"));
        Directory.CreateDirectory(At("becomes a directory"));
        Write("becomes a directory/inside", "x");
        Write("new", "new");

        Assert.Equal(
            ["", "becomes a directory", "becomes a directory/inside", "is linked", "new", "stays"],
            Walk(new WalkOptions { Bulk = bulk }).Select(entry => entry.Split(": ")[0]));
        Assert.Equal(4, bulk.Count);
    }

    [Fact]
    public void Files_with_several_names_and_all_but_files_are_not_in_it()
    {
        Write("a", "a");
        EngineScratch.Run("ln", At("a"), At("b"));
        Directory.CreateDirectory(At("d"));
        File.CreateSymbolicLink(At("l"), "a");
        Write("only", "x");

        Assert.Equal(1, Bulk(Always).Count);
    }

    [Fact]
    public void By_itself_it_is_used_at_the_root_of_an_xfs_only()
    {
        Write("dir/f", "1");
        Assert.NotNull(Take(WalkMode.Auto, _system.Mount));
        Assert.Null(Take(WalkMode.Statx, _system.Mount));
        Assert.Null(Take(WalkMode.Auto, At("dir")));
        Assert.NotNull(Take(WalkMode.Bulkstat, At("dir")));
        Assert.Null(Take(WalkMode.Auto, "/dev"));
        var refused = Assert.Throws<StorageEngineException>(() => Take(WalkMode.Bulkstat, "/dev"));
        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.NotSupported), (refused.Status, refused.Reason));
    }

    [Fact]
    public void A_part_of_an_xfs_that_is_mounted_elsewhere_is_not_its_root()
    {
        Write("dir/f", "1");
        Directory.CreateDirectory(At("else where"));
        Mounted(["--bind", At("dir"), At("else where")], At("else where"), () => Assert.Null(Take(WalkMode.Auto, At("else where"))));
    }

    [Fact]
    public void A_mount_on_a_file_lets_all_be_asked_by_name()
    {
        Write("dir/f", "1");
        Write("other", "2");
        Mounted(["--bind", At("other"), At("dir/f")], At("dir/f"), () =>
        {
            Assert.Null(Take(WalkMode.Auto, _system.Mount));
            Assert.Throws<StorageEngineException>(() => Take(WalkMode.Bulkstat, _system.Mount));
        });
        Assert.NotNull(Take(WalkMode.Auto, _system.Mount));
    }

    [Fact]
    public void A_mount_on_a_directory_is_shown_and_not_entered()
    {
        Directory.CreateDirectory(At("a b"));
        Write("f", "1");
        Mounted(["-t", "tmpfs", "none", At("a b")], At("a b"), () =>
        {
            File.WriteAllText(At("a b/inside"), "");
            BulkStatuses bulk = Take(WalkMode.Auto, _system.Mount)!;
            Assert.Equal(1, bulk.Count);
            Assert.Equal(["", "a b!", "f"], Walk(new WalkOptions { Bulk = bulk }).Select(entry => entry.Split(": ")[0]));
        });
    }

    [Fact]
    public async Task A_volume_that_is_the_root_of_an_xfs_is_taken_whole_and_then_nothing_is_read()
    {
        RandomTree.Make(_system.Mount, new Random(9), 500);
        EngineScratch.Run("sync", "-f", _system.Mount);
        using var scratch = new EngineScratch();
        await using var engine = new TarRsyncStorageEngine(
            Path.Combine(scratch.Root, "bulk"), TimeProvider.System, scratch, walk: WalkMode.Bulkstat, bulkUnsettledSeconds: -1);
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(_system.Mount))).Ref;
        ISnapshots snapshots = engine.Feature<ISnapshots>()!;
        SnapshotInfo first = await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s1"));
        scratch.ForgetReads();
        SnapshotInfo second = await snapshots.CreateAsync(new CreateSnapshotRequest(volume, "s2"));

        Assert.Empty(scratch.Opened);
        Assert.Equal(first.SizeBytes, second.SizeBytes);
        string clone = Path.Combine(scratch.Root, "clone");
        await snapshots.CloneAsync(second.Ref, BytePath.FromString(clone));
        EngineScratch.AssertSame(_system.Mount, clone);
    }

    private string At(string name) => Path.Combine(_system.Mount, name);

    private void Write(string name, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(name))!);
        File.WriteAllText(At(name), content);
    }

    private DirectoryHandle Root(string? path = null) => DirectoryHandle.Open(Encoding.UTF8.GetBytes(path ?? _system.Mount));

    private BulkStatuses Bulk(PosixTime settled)
    {
        using DirectoryHandle root = Root();
        return BulkScan.Run(root, FileStatus.Get(root), 2, settled, BulkStatuses.MostFiles, CancellationToken.None);
    }

    private BulkStatuses? Take(WalkMode mode, string path)
    {
        using DirectoryHandle root = Root(path);
        return BulkChoice.Take(mode, root, 1, Always, CancellationToken.None);
    }

    private FileStatus Lookup(PosixTime settled, string name)
    {
        Assert.True(Bulk(settled).TryGet(TimeRuleTests.Status(At(name)).Inode, out FileStatus status));
        return status;
    }

    private static void Mounted(string[] mount, string target, Action act)
    {
        EngineScratch.Run("mount", mount);
        try
        {
            act();
        }
        finally
        {
            EngineScratch.Run("umount", target);
        }
    }

    private List<string> Walk(WalkOptions options)
    {
        using var walker = new TreeWalker(Root(), options);
        List<string> entries = [];
        while (walker.MoveNext())
        {
            FileStatus s = walker.Status;
            entries.Add($"{Encoding.UTF8.GetString(walker.Path)}{(walker.IsBoundary ? "!" : "")}: {s.Type} links {s.LinkCount} mode {s.Mode} "
                + $"{s.UserId}:{s.GroupId} size {s.Size} blocks {s.Blocks} inode {s.Inode} on {s.DeviceMajor}:{s.DeviceMinor} mount {s.MountId} node {s.NodeMajor}:{s.NodeMinor} "
                + $"m {s.ModificationTime} c {s.ChangeTime} b {s.BirthTime}");
        }

        return entries;
    }
}
