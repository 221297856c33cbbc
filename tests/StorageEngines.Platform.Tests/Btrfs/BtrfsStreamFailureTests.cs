using System.Diagnostics;
using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>What stops an export or a stream that is applied: the volume is as it was, nothing is left, and what a crash leaves is swept.</summary>
public sealed class BtrfsStreamFailureTests : IAsyncLifetime
{
    private const long SystemBytes = 512L << 20;

    private readonly BtrfsLoop _system = BtrfsLoop.MakeOrSkip(SystemBytes);
    private readonly BtrfsStorageEngine _engine = new(null);
    private VolumeInfo _source = null!;
    private VolumeInfo _copy = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IDifferentials Differentials => _engine.Feature<IDifferentials>()!;

    private ISnapshots Snapshots => _engine.Feature<ISnapshots>()!;

    public async ValueTask InitializeAsync()
    {
        _source = await _engine.ResolveVolumeAsync(BytePath.FromString(_system.MakeSubvolume("source")), Cancel);
        _copy = await _engine.ResolveVolumeAsync(BytePath.FromString(_system.MakeSubvolume("copy")), Cancel);
        Write(_source, "file", 3 << 20);
    }

    public async ValueTask DisposeAsync()
    {
        await _engine.DisposeAsync();
        _system.Dispose();
    }

    [Fact]
    public async Task A_stream_cut_anywhere_leaves_the_volume_as_it_was()
    {
        (byte[] full, byte[] next) = await StreamsAsync();
        await ApplyAsync(full);
        byte[] before = File.ReadAllBytes(FileOf(_copy, "file"));
        foreach (int length in new[] { 0, 5, 17, 40, 200, next.Length / 2, next.Length - 11, next.Length - 1 })
        {
            CorruptDataException error = await Assert.ThrowsAsync<CorruptDataException>(() => ApplyAsync(next[..length]));
            Assert.Equal(length, error.Offset);
            Assert.Equal(before, File.ReadAllBytes(FileOf(_copy, "file")));
            await AssertOnlyAsync("one");
        }

        await ApplyAsync(next);
        Assert.Equal(File.ReadAllBytes(FileOf(_source, "file")), File.ReadAllBytes(FileOf(_copy, "file")));
    }

    [Fact]
    public async Task A_cancelled_apply_ends_soon_and_leaves_nothing()
    {
        (byte[] full, _) = await StreamsAsync();
        foreach (int after in new[] { 1000, full.Length / 2, full.Length - 20 })
        {
            using var cancel = new CancellationTokenSource();
            using var input = new StallingStream(full, after);
            Task applying = Differentials.ApplyAsync(input, _copy.Ref, null, cancel.Token);
            await input.Stalled.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
            var clock = Stopwatch.StartNew();
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => applying);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(5), $"It took {clock.Elapsed}.");
            await AssertOnlyAsync();
        }

        await ApplyAsync(full);
    }

    [Fact]
    public async Task A_cancelled_export_ends_within_tens_of_milliseconds()
    {
        (_, _) = await StreamsAsync();
        TransferPlan plan = await Differentials.PlanAsync(null, (await Snapshots.ListAsync(_source.Ref, null, Cancel).ToListAsync(Cancel))[0].Ref, null, Cancel);
        using var cancel = new CancellationTokenSource();
        using var output = new FullStream();
        Task exporting = Differentials.ExportAsync(plan, output, null, cancel.Token);
        await output.Reached.WaitAsync(TimeSpan.FromSeconds(30), Cancel);
        var clock = Stopwatch.StartNew();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => exporting);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(2), $"It took {clock.Elapsed}.");
        // No send is running any more: the snapshot can be deleted.
        await Snapshots.DeleteAsync(plan.Target, DeleteMode.Everything, Cancel);
    }

    [Fact]
    public async Task A_full_file_system_is_told_and_nothing_is_left()
    {
        Write(_source, "large", 120 << 20);
        (byte[] full, _) = await StreamsAsync();
        Write(_copy, "filler", 60 << 20);
        SnapshotInfo kept = await Snapshots.CreateAsync(new CreateSnapshotRequest(_copy.Ref, "kept"), Cancel);
        BtrfsLoop.Run("bash", "-c", $"head -c {SystemBytes} /dev/urandom > '{Path.Combine(_system.Mount, "rest")}'; truncate -s -60M '{Path.Combine(_system.Mount, "rest")}'; sync");
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => ApplyAsync(full));
        Assert.Equal((EngineStatus.ResourceExhausted, EngineReason.NoSpace), (error.Status, error.Reason));
        Assert.True(File.Exists(FileOf(_copy, "filler")));
        await AssertOnlyAsync(kept.Ref.Name!);
        File.Delete(Path.Combine(_system.Mount, "rest"));
        BtrfsLoop.Btrfs("filesystem", "sync", _system.Mount);
        SnapshotInfo brought = await ApplyAsync(full);
        Assert.Equal(new FileInfo(FileOf(_source, "large")).Length, new FileInfo(FileOf(_copy, "large")).Length);
        await AssertOnlyAsync("kept", brought.Ref.Name!);
    }

    [Fact]
    public async Task A_volume_that_was_changed_is_no_base_and_one_that_was_only_read_is()
    {
        (byte[] full, byte[] next) = await StreamsAsync();
        await ApplyAsync(full);
        string file = FileOf(_copy, "file");
        File.SetLastAccessTimeUtc(file, DateTime.UnixEpoch);
        DateTime written = File.GetLastWriteTimeUtc(file);
        File.AppendAllText(file, "x");
        Assert.Contains("changed since", (await Assert.ThrowsAsync<BaseMismatchException>(() => ApplyAsync(next))).Message, StringComparison.Ordinal);
        await AssertOnlyAsync("one");
        Assert.EndsWith("x", File.ReadAllText(file), StringComparison.Ordinal);

        await Snapshots.RollbackAsync((await Snapshots.ListAsync(_copy.Ref, null, Cancel).ToListAsync(Cancel))[0].Ref, new RollbackOptions(), Cancel);
        Assert.Equal(written, File.GetLastWriteTimeUtc(file));
        File.SetLastAccessTimeUtc(file, DateTime.UnixEpoch);
        await ApplyAsync(next);
        Assert.Equal(File.ReadAllBytes(FileOf(_source, "file")), File.ReadAllBytes(file));
    }

    [Fact]
    public async Task What_a_whole_stream_replaces_is_kept_as_a_snapshot()
    {
        (byte[] full, _) = await StreamsAsync();
        Write(_copy, "own", 1000);
        await ApplyAsync(full);
        Assert.False(File.Exists(FileOf(_copy, "own")));
        List<SnapshotInfo> all = await Snapshots.ListAsync(_copy.Ref, null, Cancel).ToListAsync(Cancel);
        Assert.Equal(["before-one", "one"], all.Select(each => each.Ref.Name).Order(StringComparer.Ordinal));
        await Snapshots.RollbackAsync(all.Single(each => each.Ref.Name == "before-one").Ref, new RollbackOptions(), Cancel);
        Assert.True(File.Exists(FileOf(_copy, "own")));
    }

    [Fact]
    public async Task The_same_stream_a_second_time_and_a_taken_name_are_told()
    {
        (byte[] full, _) = await StreamsAsync();
        await Snapshots.CreateAsync(new CreateSnapshotRequest(_copy.Ref, "one"), Cancel);
        SnapshotInfo brought = await ApplyAsync(full);
        Assert.Equal("one-2", brought.Ref.Name);
        Assert.NotEmpty(brought.Warnings);
        StorageEngineException again = await Assert.ThrowsAnyAsync<StorageEngineException>(() => ApplyAsync(full));
        Assert.Equal(EngineStatus.AlreadyExists, again.Status);
    }

    [Fact]
    public async Task A_half_received_snapshot_is_swept_and_never_listed()
    {
        (byte[] full, byte[] next) = await StreamsAsync();
        await ApplyAsync(full);
        string home = Path.Combine(Home(_copy), "cut-short");
        Directory.CreateDirectory(home);
        File.WriteAllText(Path.Combine(home, "info.json"), "{}");
        BtrfsLoop.Btrfs("subvolume", "create", Path.Combine(home, ".seng-tmp-data"));
        File.WriteAllText(Path.Combine(home, ".seng-tmp-data", "part"), "of it");
        Assert.Single(await Snapshots.ListAsync(_copy.Ref, null, Cancel).ToListAsync(Cancel));
        await ApplyAsync(next);
        await AssertOnlyAsync("one", "two");
    }

    private static void Write(VolumeInfo volume, string name, int bytes)
    {
        var content = new byte[bytes];
        new Random(bytes).NextBytes(content);
        File.WriteAllBytes(FileOf(volume, name), content);
    }

    private static string FileOf(VolumeInfo volume, string name) => Path.Combine(volume.Location.ToString(), name);

    private string Home(VolumeInfo volume) => Path.Combine(_system.Mount, ".seng-snapshots", volume.Ref.Id.Split(':')[1]);

    private async Task AssertOnlyAsync(params string[] names)
    {
        Assert.Equal(names, (await Snapshots.ListAsync(_copy.Ref, null, Cancel).ToListAsync(Cancel)).Select(each => each.Ref.Name));
        string home = Home(_copy);
        string[] homes = Directory.Exists(home) ? [.. Directory.GetDirectories(home).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)] : [];
        Assert.Equal(names.Order(StringComparer.Ordinal), homes);
        Assert.DoesNotContain(".seng-tmp", BtrfsLoop.Btrfs("subvolume", "list", _system.Mount), StringComparison.Ordinal);
    }

    private async Task<SnapshotInfo> ApplyAsync(byte[] stream) => await Differentials.ApplyAsync(new MemoryStream(stream), _copy.Ref, null, Cancel);

    private async Task<(byte[] Full, byte[] Next)> StreamsAsync()
    {
        SnapshotInfo one = await Snapshots.CreateAsync(new CreateSnapshotRequest(_source.Ref, "one"), Cancel);
        using (FileStream file = File.OpenWrite(FileOf(_source, "file")))
        {
            file.Position = 1 << 20;
            file.Write(new byte[5000].Select((_, i) => (byte)(i % 251)).ToArray());
        }

        SnapshotInfo two = await Snapshots.CreateAsync(new CreateSnapshotRequest(_source.Ref, "two"), Cancel);
        return (await ExportAsync(null, one), await ExportAsync(one.ChangeToken, two));
    }

    private async Task<byte[]> ExportAsync(ChangeToken? from, SnapshotInfo to)
    {
        using var stream = new MemoryStream();
        await Differentials.ExportAsync(await Differentials.PlanAsync(from, to.Ref, null, Cancel), stream, null, Cancel);
        return stream.ToArray();
    }
}
