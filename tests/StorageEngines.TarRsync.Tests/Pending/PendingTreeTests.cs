using StorageEngines.TarRsync.Tests.Capture;

namespace StorageEngines.TarRsync.Tests.Pending;

/// <summary>The live tree against frames of the last manifest: whatever way they are judged, the answer is the file difference of a snapshot taken then.</summary>
public sealed class PendingTreeTests : IDisposable
{
    private const int Files = 4000; // several frames
    private readonly EngineScratch _scratch = new();

    public void Dispose() => _scratch.Dispose();

    [Fact]
    public async Task Nothing_is_told_and_nothing_read_of_an_unchanged_tree()
    {
        await FillAsync();
        (List<PendingChange> pending, PendingTotals totals) = await ListAsync();
        Assert.Empty(pending);
        Assert.Equal(("first", Files + 41L, 0L, 0L), (totals.Base.Name, totals.Entries ?? 0, totals.FilesToRead, totals.BytesToRead));
        Assert.Empty(_scratch.Opened);
    }

    // One change in a frame, changes in all frames, a frame with nothing left in it, and a directory with more names than are collected.
    [Theory]
    [InlineData(1)]
    [InlineData(37)]
    [InlineData(1000)]
    public async Task Changes_are_those_of_a_snapshot_taken_then(int step)
    {
        await FillAsync();
        for (int i = 0; i < Files; i += step)
        {
            _scratch.Write(Name(i), $"changed {i}");
        }

        await AssertAsDiffAsync();
    }

    [Fact]
    public async Task Whole_frames_that_are_gone_or_come_are_told()
    {
        await FillAsync();
        for (int i = 500; i < 3500; i++)
        {
            File.Delete(_scratch.At(Name(i)));
        }

        for (int i = 0; i < 12_000; i++)
        {
            File.WriteAllText(_scratch.At($"d05/many-new-names-in-one-directory-{i:D5}"), "");
        }

        for (int i = 0; i < 600; i++)
        {
            _scratch.Write($"t{i:D4}/only", "one file in each of many directories");
        }

        await AssertAsDiffAsync();
    }

    [Fact]
    public async Task Below_a_directory_that_took_anothers_place_unchanged_files_are_told()
    {
        await FillAsync();
        _scratch.Write("d20/sub/deep/file", "stays as it is while it moves");
        for (int i = 0; i < 3000; i++)
        {
            _scratch.Write($"d20/sub/many/{i:D4}", "");
        }

        await _scratch.SnapshotAsync("second");
        Directory.Move(_scratch.At("d20"), _scratch.At("e20"));
        Directory.CreateDirectory(_scratch.At("d20"));
        Directory.Move(_scratch.At("e20/sub"), _scratch.At("d20/sub"));
        await AssertAsDiffAsync("second");
    }

    [Fact]
    public async Task A_file_whose_times_were_set_back_is_told_as_metadata_and_counted()
    {
        await FillAsync();
        string path = _scratch.At(Name(7));
        var time = new DateTime(2026, 11, 21, 10, 0, 0, DateTimeKind.Utc);
        File.SetLastWriteTimeUtc(path, time);
        await _scratch.SnapshotAsync("second");
        File.WriteAllText(path, new string('x', (int)new FileInfo(path).Length));
        File.SetLastWriteTimeUtc(path, time);
        (List<PendingChange> pending, PendingTotals totals) = await ListAsync();
        PendingChange told = Assert.Single(pending);
        Assert.Equal((Name(7), FileChangeKind.Metadata), (told.Path.ToString(), told.Kind));
        Assert.Equal((1L, new FileInfo(path).Length), (totals.FilesToRead, totals.BytesToRead));
    }

    [Fact]
    public async Task A_file_with_two_names_is_counted_once()
    {
        await FillAsync();
        EngineScratch.Run("ln", _scratch.At(Name(1)), _scratch.At("another name"));
        (List<PendingChange> pending, PendingTotals totals) = await ListAsync();
        Assert.Equal([".", "another name", Name(1)], pending.Select(change => change.Path.IsRoot ? "." : change.Path.ToString()).Order(StringComparer.Ordinal));
        Assert.Equal(1, totals.FilesToRead);
    }

    [Fact]
    public async Task What_cannot_be_compared_says_why()
    {
        await FillAsync();
        SnapshotInfo first = await _scratch.Snapshots.ListAsync(await _scratch.VolumeAsync()).SingleAsync();
        var other = new PendingChangesQuery(await _scratch.VolumeAsync()) { Base = first.ChangeToken! with { VolumeId = new string('0', 32) } };
        Assert.Equal(EngineReason.UnrelatedSnapshots, (await Assert.ThrowsAsync<LineageBrokenException>(() => ListAsync(other))).Reason);
        var gone = new PendingChangesQuery(await _scratch.VolumeAsync()) { Base = first.ChangeToken! with { Value = new string('0', 32) } };
        Assert.Equal(EngineReason.BaseMissing, (await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => ListAsync(gone))).Reason);
        await _scratch.Snapshots.DeleteAsync(first.Ref);
        Assert.Equal(EngineReason.BaseMissing, (await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => ListAsync())).Reason);
    }

    [Fact]
    public async Task Cancelled_it_ends_and_leaves_nothing_open()
    {
        await FillAsync();
        using var stop = new CancellationTokenSource();
        for (int i = 0; i < Files; i += 2)
        {
            _scratch.Write(Name(i), $"changed {i}");
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (PendingChange _ in _scratch.Engine.Feature<IPendingChanges>()!.ListAsync(new PendingChangesQuery(await _scratch.VolumeAsync()), stop.Token))
            {
                await stop.CancelAsync();
            }
        });
        Assert.DoesNotContain(new DirectoryInfo("/proc/self/fd").GetFileSystemInfos().Select(file => file.LinkTarget), target => target?.StartsWith(_scratch.Root, StringComparison.Ordinal) == true);
    }

    private static string Name(int i) => $"d{i / 100:D2}/file-{i:D5}";

    private async Task FillAsync()
    {
        for (int i = 0; i < Files; i++)
        {
            _scratch.Write(Name(i), $"content {i}");
        }

        await _scratch.SnapshotAsync("first");
        _scratch.ForgetReads();
    }

    private async Task AssertAsDiffAsync(string from = "first")
    {
        (List<PendingChange> pending, PendingTotals totals) = await ListAsync();
        SnapshotInfo then = await _scratch.SnapshotAsync("then");
        Assert.Equal((then.Statistics!.FilesRead, then.Statistics.BytesRead), (totals.FilesToRead, totals.BytesToRead));
        SnapshotInfo first = await _scratch.Snapshots.ListAsync(await _scratch.VolumeAsync(), from).SingleAsync();
        List<FileChange> changes = await _scratch.Engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(first.ChangeToken!, then.Ref)).ToListAsync();
        Assert.Equal(changes.Select(Line).Order(StringComparer.Ordinal), pending.Select(Line).Order(StringComparer.Ordinal));
    }

    private static string Line(FileChange change) => $"{change.Kind} {change.OldPath} > {change.Path}";

    private static string Line(PendingChange change) => $"{change.Kind} {change.OldPath} > {change.Path}";

    private async Task<(List<PendingChange> Changes, PendingTotals Totals)> ListAsync(PendingChangesQuery? query = null)
    {
        var totals = new Kept();
        query = (query ?? new PendingChangesQuery(await _scratch.VolumeAsync())) with { Totals = totals };
        return (await _scratch.Engine.Feature<IPendingChanges>()!.ListAsync(query).ToListAsync(), totals.Value!);
    }

    private sealed class Kept : IProgress<PendingTotals>
    {
        internal PendingTotals? Value { get; private set; }

        public void Report(PendingTotals value) => Value = value;
    }
}
