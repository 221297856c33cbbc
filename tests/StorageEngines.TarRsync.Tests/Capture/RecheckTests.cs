using System.IO.MemoryMappedFiles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Tests.Capture;

/// <summary>
/// Files that change with no time moved. tmpfs does that honestly: a store through a shared mapping moves neither mtime nor ctime there, as it does not on a
/// page that is dirty already elsewhere.
/// </summary>
public sealed class RecheckTests : IDisposable
{
    private const int Files = 300;
    private readonly EngineScratch _scratch = Directory.Exists("/dev/shm") ? new EngineScratch("/dev/shm") : new EngineScratch();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task A_change_behind_the_times_is_found_named_and_captured()
    {
        await FillAsync();
        ChangeSilently("d1/file-101");
        SnapshotInfo blind = await _scratch.SnapshotAsync("blind");
        Assert.Null(blind.Statistics!.Recheck);
        Assert.Equal(0, blind.Statistics.FilesRead);

        SnapshotInfo seeing = await SnapshotAsync("seeing", 100);
        Assert.Equal((Files, 1), (seeing.Statistics!.Recheck!.Files, seeing.Statistics.Recheck.Changed));
        string warning = Assert.Single(seeing.Warnings);
        Assert.Contains("'d1/file-101'", warning, StringComparison.Ordinal);
        string clone = await _scratch.CloneAsync(seeing, "clone");
        EngineScratch.Run("diff", "-r", _scratch.Live, clone);

        // What the store tells later is what the creation told, and nothing is left to be found.
        Assert.Equal(seeing.Statistics, (await _scratch.Snapshots.GetAsync(seeing.Ref)).Statistics);
        SnapshotInfo again = await SnapshotAsync("again", 100);
        Assert.Equal((Files, 0), (again.Statistics!.Recheck!.Files, again.Statistics.Recheck.Changed));
        Assert.Empty(again.Warnings);
    }

    [Fact]
    public async Task A_change_that_was_found_is_in_the_difference_to_the_snapshot_before()
    {
        await FillAsync();
        SnapshotInfo before = await _scratch.SnapshotAsync("before");
        ChangeSilently("d2/file-250");
        SnapshotInfo after = await SnapshotAsync("after", 100);
        List<FileChange> changes = await _scratch.Engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(before.ChangeToken!, after.Ref)).ToListAsync();
        FileChange change = Assert.Single(changes);
        Assert.Equal("d2/file-250", change.Path.ToString());
    }

    [Fact]
    public async Task A_sample_is_about_as_large_as_it_should_be_and_drawn_anew()
    {
        await FillAsync();
        long read = 0;
        var seeds = new HashSet<long>();
        for (int i = 0; i < 8; i++)
        {
            RecheckResult result = (await SnapshotAsync($"s{i}", 25)).Statistics!.Recheck!;
            read += result.Files;
            seeds.Add(result.Seed);
            Assert.Equal(0, result.Changed);
        }

        // 2400 draws of a quarter: 600, and 150 are more than seven standard deviations.
        Assert.InRange(read, 450, 750);
        Assert.True(seeds.Count > 1);
    }

    [Fact]
    public async Task Files_with_two_names_and_files_that_are_changed_as_usual_are_no_surprise()
    {
        await FillAsync();
        EngineScratch.Run("ln", _scratch.At("d0/file-7"), _scratch.At("d2/second-name"));
        await _scratch.SnapshotAsync("linked");
        _scratch.Write("d1/file-150", "changed as usual");
        SnapshotInfo made = await SnapshotAsync("made", 100);
        Assert.Equal(0, made.Statistics!.Recheck!.Changed);
        Assert.Empty(made.Warnings);
        string clone = await _scratch.CloneAsync(made, "clone");
        EngineScratch.AssertSame(_scratch.Live, clone);
    }

    [Fact]
    public async Task A_silent_change_of_an_image_is_found()
    {
        string image = Path.Combine(_scratch.Root, "image");
        File.WriteAllBytes(image, new byte[4 << 20]);
        await _scratch.SnapshotAsync("first", image);
        StoreByte(image, 3 << 20);
        VolumeRef volume = await _scratch.VolumeAsync(image);
        SnapshotInfo made = await _scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(volume, "second") { RecheckPercent = 100 });
        Assert.Equal((1, 1), (made.Statistics!.Recheck!.Files, made.Statistics.Recheck.Changed));
        string clone = await _scratch.CloneAsync(made, "clone");
        EngineScratch.Run("cmp", image, clone);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(100.5)]
    [InlineData(double.NaN)]
    public async Task A_share_that_is_none_is_refused(double percent)
    {
        await FillAsync();
        await Assert.ThrowsAsync<ArgumentException>(() => SnapshotAsync("x", percent));
    }

    private async Task FillAsync()
    {
        for (int i = 0; i < Files; i++)
        {
            _scratch.Write($"d{i / 100}/file-{i}", $"content of file {i}");
        }

        await _scratch.SnapshotAsync("start");
    }

    private async Task<SnapshotInfo> SnapshotAsync(string name, double percent)
        => await _scratch.Snapshots.CreateAsync(new CreateSnapshotRequest(await _scratch.VolumeAsync(), name) { RecheckPercent = percent });

    private void ChangeSilently(string name) => StoreByte(_scratch.At(name), 3);

    // Proves by the file's own status that nothing has moved.
    private static void StoreByte(string path, long offset)
    {
        FileStatus before = FileStatus.GetPath(System.Text.Encoding.UTF8.GetBytes(path));
        using (var mapping = MemoryMappedFile.CreateFromFile(path, FileMode.Open))
        {
            using MemoryMappedViewAccessor view = mapping.CreateViewAccessor();
            view.Write(offset, (byte)(view.ReadByte(offset) ^ 0xFF));
        }

        FileStatus after = FileStatus.GetPath(System.Text.Encoding.UTF8.GetBytes(path));
        Assert.SkipUnless(
            (before.ChangeTime, before.ModificationTime, before.Size) == (after.ChangeTime, after.ModificationTime, after.Size),
            "backend missing: tmpfs: /dev/shm is not one, so that a mapped store moves the times");
    }
}
