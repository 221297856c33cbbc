using StorageEngines.Btrfs;

namespace StorageEngines.Platform.Tests.Btrfs;

/// <summary>How the live volume differs from its last snapshot.</summary>
public sealed class BtrfsStatusTests : IAsyncLifetime
{
    private Stage _stage = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _stage = await Stage.MakeAsync();

    public ValueTask DisposeAsync() => _stage.DisposeAsync();

    [Fact]
    public async Task It_tells_what_is_only_in_the_page_cache_and_leaves_nothing()
    {
        _stage.Write("kept", "one");
        _stage.Write("changed", "one");
        _stage.Write("gone", "one");
        SnapshotInfo first = await _stage.CreateAsync("first");
        (List<PendingChange> none, PendingTotals totals) = await ListAsync();
        Assert.Empty(none);
        Assert.Equal((first.Ref, null, 0L, 0L), (totals.Base, totals.Entries, totals.FilesToRead, totals.BytesToRead));

        _stage.Write("changed", "three");
        File.Delete(_stage.At("gone"));
        Directory.CreateDirectory(_stage.At("new"));
        (List<PendingChange> some, _) = await ListAsync();
        Assert.Equal(["changed", "gone", "new"], some.Select(each => each.Path.ToString()).Where(each => each.Length > 0).Order(StringComparer.Ordinal));
        PendingChange changed = some.Single(each => each.Path.ToString() == "changed");
        Assert.Equal((3, 5), (changed.BaseEntry!.SizeBytes, changed.LiveEntry!.SizeBytes));
        Assert.Null(some.Single(each => each.Path.ToString() == "gone").LiveEntry);
        await AssertNothingLeftAsync("first");
    }

    [Fact]
    public async Task After_a_roll_back_it_compares_with_what_the_volume_was_rolled_back_to()
    {
        _stage.Write("file", "one");
        SnapshotInfo first = await _stage.CreateAsync("first");
        _stage.Write("file", "two");
        SnapshotInfo second = await _stage.CreateAsync("second");
        await _stage.Snapshots.RollbackAsync(first.Ref, new RollbackOptions(DestroyNewer: false), Cancel);
        (List<PendingChange> changes, PendingTotals totals) = await ListAsync();
        Assert.Equal(first.Ref.Id, totals.Base.Id);
        Assert.Empty(changes);
        (changes, totals) = await ListAsync(second.ChangeToken);
        Assert.Equal(second.Ref.Id, totals.Base.Id);
        Assert.Contains(changes, each => each.Path.ToString() == "file");
        await AssertNothingLeftAsync("first", "second");
    }

    [Fact]
    public async Task Without_a_snapshot_it_says_so_and_a_foreign_base_is_refused()
    {
        ChangeTrackingUnavailableException none = await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => ListAsync());
        Assert.Equal(EngineReason.BaseMissing, none.Reason);
        VolumeInfo other = await _stage.Engine.ResolveVolumeAsync(BytePath.FromString(_stage.System.MakeSubvolume("seng-test-other")), Cancel);
        SnapshotInfo foreign = await _stage.Snapshots.CreateAsync(new CreateSnapshotRequest(other.Ref, "foreign"), Cancel);
        await _stage.CreateAsync("first");
        await Assert.ThrowsAsync<LineageBrokenException>(() => ListAsync(foreign.ChangeToken));
        await AssertNothingLeftAsync("first");
    }

    [Fact]
    public async Task Cancelled_or_left_early_it_leaves_nothing()
    {
        for (int i = 0; i < 50; i++)
        {
            _stage.Write($"file{i}", "one");
        }

        await _stage.CreateAsync("first");
        for (int i = 0; i < 50; i++)
        {
            _stage.Write($"file{i}", "other");
        }

        using var stop = new CancellationTokenSource();
        IPendingChanges pending = _stage.Engine.Feature<IPendingChanges>()!;
        await foreach (PendingChange _ in pending.ListAsync(new PendingChangesQuery(_stage.Volume.Ref), stop.Token))
        {
            break;
        }

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pending.ListAsync(new PendingChangesQuery(_stage.Volume.Ref), stop.Token).ToListAsync(Cancel));
        await AssertNothingLeftAsync("first");
    }

    [Fact]
    public async Task What_a_killed_one_left_is_in_no_list_and_swept()
    {
        await _stage.CreateAsync("first");
        string home = Directory.GetDirectories(Path.Combine(_stage.System.Mount, ".seng-snapshots")).Single();
        BtrfsLoop.Btrfs("subvolume", "snapshot", "-r", _stage.Path, Path.Combine(home, ".seng-tmp-status-00"));
        await using var next = new BtrfsStorageEngine(null);
        Assert.Equal("first", (await next.Feature<ISnapshots>()!.ListAsync(_stage.Volume.Ref, cancellationToken: Cancel).SingleAsync(Cancel)).Ref.Name);
        await next.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(_stage.Volume.Ref, "second"), Cancel);
        await AssertNothingLeftAsync("first", "second");
    }

    private async Task AssertNothingLeftAsync(params string[] names)
    {
        Assert.Equal(names, (await _stage.Snapshots.ListAsync(_stage.Volume.Ref, cancellationToken: Cancel).ToListAsync(Cancel)).Select(each => each.Ref.Name));
        Assert.DoesNotContain(BtrfsLoop.Btrfs("subvolume", "list", _stage.System.Mount).Split('\n'), line => line.Contains(".seng-tmp", StringComparison.Ordinal));
    }

    private async Task<(List<PendingChange> Changes, PendingTotals Totals)> ListAsync(ChangeToken? from = null)
    {
        var totals = new Kept();
        var query = new PendingChangesQuery(_stage.Volume.Ref) { Base = from, Totals = totals };
        return (await _stage.Engine.Feature<IPendingChanges>()!.ListAsync(query, Cancel).ToListAsync(Cancel), totals.Value!);
    }

    private sealed class Kept : IProgress<PendingTotals>
    {
        internal PendingTotals? Value { get; private set; }

        public void Report(PendingTotals value) => Value = value;
    }
}
