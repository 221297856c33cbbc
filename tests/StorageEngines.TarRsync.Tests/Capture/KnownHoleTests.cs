using System.IO.MemoryMappedFiles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>The known holes of docs/change-detection.md: a test shows that each is one, and that what the page advises closes it.</summary>
public sealed class KnownHoleTests
{
    [Fact]
    public async Task A_second_store_to_a_mapped_page_that_is_dirty_already_is_missed_and_found_by_reading()
    {
        using var scratch = new EngineScratch(); // on a disk, where a first store moves the times
        SnapshotInfo? missed = null;
        for (int i = 0; i < 10 && missed is null; i++)
        {
            using MappedFile file = Map(scratch, i);
            file.Store('1');
            await scratch.SnapshotAsync($"before{i}");
            FileStatus read = TimeRuleTests.Status(scratch.At("f"));
            file.Store('2');
            SnapshotInfo after = await scratch.SnapshotAsync($"after{i}");
            // The kernel may write a page back at any time, which makes the next store move the ctime.
            missed = read.ChangeTime == TimeRuleTests.Status(scratch.At("f")).ChangeTime ? after : null;
        }

        Assert.SkipWhen(missed is null, "backend missing: mmap: each store to a mapped page moved the ctime here");
        Assert.StartsWith("1", await TimeRuleTests.ReadAsync(scratch, missed!, "f"), StringComparison.Ordinal);
        SnapshotInfo found = await scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(await scratch.VolumeAsync(), "found") { RecheckPercent = 100 });
        Assert.Equal(1, found.Statistics!.Recheck!.Changed);
        Assert.StartsWith("2", await TimeRuleTests.ReadAsync(scratch, found, "f"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_sync_before_the_snapshot_lets_the_next_store_to_a_mapped_page_be_seen()
    {
        using var scratch = new EngineScratch();
        for (int i = 0; i < 5; i++)
        {
            using MappedFile file = Map(scratch, i);
            file.Store('1');
            EngineScratch.Run("sync", scratch.At("f"));
            await scratch.SnapshotAsync($"before{i}");
            file.Store('2');
            Assert.StartsWith("2", await TimeRuleTests.ReadAsync(scratch, await scratch.SnapshotAsync($"after{i}"), "f"), StringComparison.Ordinal);
        }
    }

    // What a clock that was set back can do in one case of very many, debugfs does at once.
    [Fact]
    public async Task A_change_with_the_very_ctime_that_was_recorded_is_missed_and_found_by_reading()
    {
        using var volume = new CraftedVolume();
        File.WriteAllText(volume.At("f"), "old bytes");
        FileStatus before = volume.StatusOf("f");
        await volume.SnapshotAsync("s1");
        using (FileStream file = File.OpenWrite(volume.At("f")))
        {
            file.Write("new bytes"u8);
        }

        volume.SetTimes("f", before.ChangeTime, before.ModificationTime);
        FileStatus after = volume.StatusOf("f");
        Assert.Equal((before.ChangeTime, before.ModificationTime, before.Inode), (after.ChangeTime, after.ModificationTime, after.Inode));
        await AssertMissedThenFoundAsync(volume);
    }

    [Fact]
    public async Task A_write_to_the_device_below_a_file_system_is_missed_and_found_by_reading()
    {
        using var volume = new CraftedVolume();
        File.WriteAllText(volume.At("f"), "old bytes");
        await volume.SnapshotAsync("s1");
        volume.OverwriteOnDevice("old bytes", "new bytes");
        await AssertMissedThenFoundAsync(volume);
    }

    // The birth time is not compared, so that with all else equal another file under the old number passes for the old one.
    [Fact]
    public async Task Another_file_with_the_number_and_all_times_but_the_birth_of_the_old_one_is_missed_and_found_by_reading()
    {
        using var volume = new CraftedVolume();
        File.WriteAllText(volume.At("f"), "old bytes");
        await volume.SnapshotAsync("s1");
        volume.OverwriteOnDevice("old bytes", "new bytes");
        volume.Debugfs("set_inode_field /f crtime @1000000000");
        Assert.Equal(1_000_000_000, volume.StatusOf("f").BirthTime!.Value.Seconds);
        await AssertMissedThenFoundAsync(volume);
    }

    private static async Task AssertMissedThenFoundAsync(CraftedVolume volume)
    {
        Assert.Equal("new bytes", File.ReadAllText(volume.At("f")));
        SnapshotInfo blind = await volume.SnapshotAsync("blind");
        Assert.Equal("old bytes", await volume.ReadAsync(blind, "f"));
        SnapshotInfo seeing = await volume.SnapshotAsync("seeing", recheckPercent: 100);
        Assert.Equal(1, seeing.Statistics!.Recheck!.Changed);
        Assert.Contains(seeing.Warnings, warning => warning.Contains("'f'", StringComparison.Ordinal));
        Assert.Equal("new bytes", await volume.ReadAsync(seeing, "f"));
    }

    private static MappedFile Map(EngineScratch scratch, int round)
    {
        File.Delete(scratch.At("f"));
        scratch.Write("f", $"0 round {round}");
        return new MappedFile(scratch.At("f"));
    }

    private sealed class MappedFile : IDisposable
    {
        private readonly MemoryMappedFile _file;
        private readonly MemoryMappedViewAccessor _view;

        public MappedFile(string path)
        {
            _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open);
            _view = _file.CreateViewAccessor();
        }

        public void Store(char value) => _view.Write(0, (byte)value);

        public void Dispose()
        {
            _view.Dispose();
            _file.Dispose();
        }
    }
}
