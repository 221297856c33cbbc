using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Tests.Reflink;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>Changes that hide behind size and mtime, and are seen all the same. docs/change-detection.md names these tests.</summary>
public sealed class TimeRuleTests
{
    [Fact]
    public async Task A_file_replaced_by_rename_with_the_same_size_and_mtime_is_seen()
    {
        using var scratch = new EngineScratch();
        scratch.Write("f", "old bytes");
        SnapshotInfo before = await scratch.SnapshotAsync("s1");
        File.WriteAllText(Path.Combine(scratch.Root, "new"), "new bytes");
        SetModified(scratch.Root, "new", Status(scratch.At("f")).ModificationTime);
        File.Move(Path.Combine(scratch.Root, "new"), scratch.At("f"), overwrite: true);
        Assert.Equal("new bytes", await ReadAsync(scratch, await scratch.SnapshotAsync("s2"), "f"));
        Assert.Equal("old bytes", await ReadAsync(scratch, before, "f"));
    }

    [Fact]
    public async Task A_write_whose_mtime_is_set_back_is_seen_by_its_ctime()
    {
        using var scratch = new EngineScratch();
        scratch.Write("f", "old bytes");
        FileStatus before = Status(scratch.At("f"));
        await scratch.SnapshotAsync("s1");
        File.WriteAllText(scratch.At("f"), "new bytes");
        SetModified(scratch.Live, "f", before.ModificationTime);
        FileStatus after = Status(scratch.At("f"));
        Assert.Equal((before.Inode, before.Size, before.ModificationTime), (after.Inode, after.Size, after.ModificationTime));
        Assert.Equal("new bytes", await ReadAsync(scratch, await scratch.SnapshotAsync("s2"), "f"));
    }

    // No change moves the ctimes of the files inside: only their inodes tell.
    [Fact]
    public async Task Directories_that_changed_places_are_seen_by_the_inodes_of_their_files()
    {
        using var volume = new CraftedVolume();
        foreach (string name in new[] { "a", "b" })
        {
            Directory.CreateDirectory(volume.At(name));
            File.WriteAllText(volume.At(name + "/f"), "data of " + name);
        }

        FileStatus same = volume.StatusOf("a/f");
        volume.SetTimes("b/f", same.ChangeTime, same.ModificationTime);
        SnapshotInfo before = await volume.SnapshotAsync("s1");
        Directory.Move(volume.At("a"), volume.At("c"));
        Directory.Move(volume.At("b"), volume.At("a"));
        Directory.Move(volume.At("c"), volume.At("b"));
        Assert.Equal((same.ChangeTime, same.ModificationTime), (volume.StatusOf("a/f").ChangeTime, volume.StatusOf("a/f").ModificationTime));
        SnapshotInfo after = await volume.SnapshotAsync("s2");
        Assert.Equal("data of a", await volume.ReadAsync(before, "a/f"));
        Assert.Equal("data of b", await volume.ReadAsync(after, "a/f"));
    }

    // XFS gives the lowest free inode number to the next file. The birth time is not compared: the ctime of a new file is as new.
    [Fact]
    public async Task A_file_deleted_and_made_again_with_the_same_inode_size_and_mtime_is_seen_by_its_ctime()
    {
        using LoopFileSystem system = LoopFileSystem.MakeOrSkip("xfs");
        using var scratch = new EngineScratch();
        string file = Path.Combine(system.Mount, "f");
        File.WriteAllText(file, "old bytes");
        FileStatus before = Status(file);
        await scratch.SnapshotAsync("s1", system.Mount);
        // The number is free as soon as XFS has cleared the old file, which it does behind the scenes.
        long deadline = Environment.TickCount64 + 30_000;
        do
        {
            File.Delete(file);
            File.WriteAllText(file, "new bytes");
        }
        while (Status(file).Inode != before.Inode && Environment.TickCount64 < deadline);

        SetModified(system.Mount, "f", before.ModificationTime);
        Assert.Equal((before.Inode, before.ModificationTime), (Status(file).Inode, Status(file).ModificationTime));
        Assert.Equal("new bytes", await ReadAsync(scratch, await scratch.SnapshotAsync("s2", system.Mount), "f"));
    }

    [Fact]
    public async Task A_ctime_from_the_future_is_read_each_time_and_a_change_that_sets_it_back_is_seen()
    {
        using var volume = new CraftedVolume();
        File.WriteAllText(volume.At("f"), "old bytes");
        FileStatus before = volume.StatusOf("f");
        volume.SetTimes("f", before.ChangeTime with { Seconds = before.ChangeTime.Seconds + 100_000 }, before.ModificationTime);
        await volume.SnapshotAsync("s1");
        volume.Scratch.ForgetReads();
        await volume.SnapshotAsync("s2");
        Assert.Equal(["f"], volume.Scratch.Opened);

        File.WriteAllText(volume.At("f"), "new bytes");
        Assert.True(volume.StatusOf("f").ChangeTime.Seconds < before.ChangeTime.Seconds + 100_000);
        Assert.Equal("new bytes", await volume.ReadAsync(await volume.SnapshotAsync("s3"), "f"));
    }

    // ext4 with inodes of 128 bytes, and ext3, keep whole seconds: a second write within one of them has the times of the first.
    [Fact]
    public async Task A_write_within_the_same_second_is_seen_where_times_are_whole_seconds()
    {
        using var volume = new CraftedVolume("-I", "128");
        bool sameSecond = false;
        for (int i = 0; i < 20 && !sameSecond; i++)
        {
            File.WriteAllText(volume.At("f"), "old bytes");
            FileStatus before = volume.StatusOf("f");
            Assert.Equal(0, before.ChangeTime.Nanoseconds);
            await volume.SnapshotAsync($"a{i}");
            File.WriteAllText(volume.At("f"), "new bytes");
            sameSecond = before.ChangeTime == volume.StatusOf("f").ChangeTime;
            Assert.Equal("new bytes", await volume.ReadAsync(await volume.SnapshotAsync($"b{i}"), "f"));
        }

        Assert.True(sameSecond, "never were two writes in one second");
    }

    [Theory]
    [InlineData("ext4", 123, -1, true)] // the tick of the ctime is over
    [InlineData("ext4", 123, 0, false)] // it never ends: the clock stands
    [InlineData("xfs", 123, 50, false)] // from the future
    [InlineData("ext4", 0, -2, false)] // whole seconds
    [InlineData("ext4", 0, -4, true)]
    [InlineData("nfs", 123, -9, false)] // the stamp may be another machine's
    [InlineData("nfs", 123, -11, true)]
    [InlineData("fuse", 123, 60, false)]
    public void When_a_ctime_is_trusted(string fileSystem, int nanoseconds, int secondsFromNow, bool trusted)
    {
        var now = new PosixTime(1_800_000_000, nanoseconds);
        var settling = new ReadSettling(fileSystem, () => now);
        var changed = new PosixTime(now.Seconds + secondsFromNow, nanoseconds);
        Assert.Equal(trusted, settling.IsSettled(changed, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_change_behind_the_walkers_back_is_in_the_next_snapshot()
    {
        using var scratch = new EngineScratch();
        scratch.Write("a", "old bytes");
        scratch.Write("z", "1");
        await scratch.SnapshotAsync("s1");
        File.WriteAllText(scratch.At("z"), "2");
        scratch.OnOpen = path =>
        {
            if (path == "z")
            {
                File.WriteAllText(scratch.At("a"), "new bytes");
            }
        };
        SnapshotInfo during = await scratch.SnapshotAsync("s2");
        scratch.OnOpen = null;
        Assert.Equal("old bytes", await ReadAsync(scratch, during, "a"));
        Assert.Equal("new bytes", await ReadAsync(scratch, await scratch.SnapshotAsync("s3"), "a"));
    }

    internal static void SetModified(string directory, string name, PosixTime time)
    {
        using BeneathRoot root = BeneathRoot.Open(Encoding.UTF8.GetBytes(directory));
        root.SetTimes(Encoding.UTF8.GetBytes(name), null, time);
    }

    internal static FileStatus Status(string path) => FileStatus.GetPath(Encoding.UTF8.GetBytes(path));

    internal static async Task<string> ReadAsync(EngineScratch scratch, SnapshotInfo snapshot, string name)
    {
        await using Stream stream = await scratch.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, BytePath.FromString(name));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }
}
