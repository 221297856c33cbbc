using StorageEngines.Testing;

namespace StorageEngines.Tests.Fleets;

public sealed class FleetChangesTests
{
    private readonly FleetEngine _engine = new();

    [Theory]
    [InlineData(false, 1)]
    [InlineData(true, 23)] // A tree's are not listed.
    public async Task Every_volume_is_told_of_once(bool perVolume, int lists)
    {
        await _engine.WithPairsAsync(20);
        InMemoryBlockVolume still = _engine.Inner.CreateBlockVolume("still", 4096);
        await _engine.CutAsync(still, "a");
        await _engine.CutAsync(still, "b");
        await _engine.CutAsync(_engine.Inner.CreateBlockVolume("young", 4096), "a");
        _engine.Inner.CreateBlockVolume("bare", 4096);
        _engine.Inner.CreateTreeVolume("tree");

        List<FleetEvent> events = await Ask(new FleetOptions { ListPerVolume = perVolume });
        Assert.Equal(lists, _engine.Lists);
        Assert.Equal(24, events.Select(each => each.Volume).Distinct().Count());
        Assert.Equal(24, events.Count);
        FleetResult[] results = [.. events.OfType<FleetResult>()];
        Assert.Equal(20, results.Count(result => result is { IsChanged: true, Extents: 1, DataBytes: 4096, ZeroBytes: 0, Base.Ref.Name: "a", Target.Ref.Name: "b" }));
        FleetResult unchanged = Assert.Single(results, result => !result.IsChanged);
        Assert.Equal(("still", "still", 0L), (unchanged.Volume.Name, unchanged.Location.ToString(), unchanged.Extents));
        Assert.Equal(
            [("bare", FleetSkipReason.NoSnapshot), ("tree", FleetSkipReason.Tree), ("young", FleetSkipReason.OneSnapshot)],
            events.OfType<FleetSkip>().Select(skip => (skip.Volume.Name!, skip.Reason)).Order());
    }

    [Theory]
    [InlineData(null, false, 1)]
    [InlineData(null, true, 20)]
    [InlineData(false, true, 1)]
    [InlineData(true, false, 20)]
    public async Task Snapshots_are_listed_as_costs_the_engine_least_unless_said_otherwise(bool? wish, bool engine, int lists)
    {
        var fleet = new FleetEngine { ListsPerVolume = engine };
        await fleet.WithPairsAsync(20);
        Assert.Equal(20, (await FleetChanges.QueryAsync(fleet, new FleetOptions { ListPerVolume = wish }, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)).Count);
        Assert.Equal(lists, fleet.Lists);
    }

    [Fact]
    public async Task Answers_keep_what_they_say_of_themselves()
    {
        await _engine.WithPairsAsync(1);
        var head = new ExtentBatch(ExtentStyle.VariableLength, 8192, 4096, ChangeSource.NativeDelta, Exactness.Superset, []) { GranularityBytes = 512, Mode = "exact" };
        _engine.OnDelta = (_, _) => new[] { head with { Extents = [new Extent(0, 512), new Extent(512, 1024, ExtentState.Zero)] }, head with { Extents = [new Extent(4096, 4096)] } }.ToAsyncEnumerable();
        FleetResult result = Assert.IsType<FleetResult>(Assert.Single(await Ask(new FleetOptions())));
        Assert.Equal((3L, 4608L, 1024L), (result.Extents, result.DataBytes, result.ZeroBytes));
        Assert.Equal(("exact", 512L, Exactness.Superset, 4096L), (result.Answer.Mode, result.Answer.GranularityBytes, result.Answer.Exactness, result.Answer.BaseCapacityBytes));
        Assert.Empty(result.Answer.Extents);
    }

    [Fact]
    public async Task A_volume_that_only_shrank_has_changed()
    {
        InMemoryBlockVolume volume = _engine.Inner.CreateBlockVolume("v", 8192);
        await _engine.CutAsync(volume, "a");
        volume.Resize(4096);
        await _engine.CutAsync(volume, "b");
        Assert.True(Assert.IsType<FleetResult>(Assert.Single(await Ask(new FleetOptions()))) is { Extents: 0, IsChanged: true });
    }

    [Fact]
    public async Task One_bad_volume_among_many_is_its_own_result()
    {
        await _engine.WithPairsAsync(30);
        var broken = new InvalidOperationException("broken");
        var gone = new StorageEngineException(EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.Retry, "gone");
        _engine.OnDelta = (name, token) => name switch
        {
            "v03" => throw broken,
            "v11" => AfterOneBatch(gone),
            "v12" => AfterOneBatch(new OperationCanceledException("of its own accord")),
            "v13" => AsyncEnumerable.Empty<ExtentBatch>(),
            "v14" => new[] { Head with { Extents = [new Extent(4096, 4096), new Extent(0, 4096)] } }.ToAsyncEnumerable(),
            _ => null,
        };
        List<FleetEvent> events = await Ask(new FleetOptions());
        Assert.Equal(30, events.Count);
        Dictionary<string, Exception> errors = events.OfType<FleetFailure>().ToDictionary(failure => failure.Volume.Name!, failure => failure.Error);
        Assert.Equal(["v03", "v11", "v12", "v13", "v14"], errors.Keys.Order());
        Assert.Same(broken, errors["v03"]);
        Assert.Same(gone, errors["v11"]);
        Assert.IsType<OperationCanceledException>(errors["v12"]);
        Assert.All([errors["v13"], errors["v14"]], error => Assert.Equal(EngineStatus.Internal, Assert.IsType<StorageEngineException>(error).Status));
    }

    [Fact]
    public async Task Listed_per_volume_a_volume_whose_snapshots_cannot_be_listed_is_its_own_result_and_the_first_come_while_volumes_are_listed()
    {
        await _engine.WithPairsAsync(6);
        var broken = new InvalidOperationException("broken");
        using var told = new SemaphoreSlim(0);
        _engine.OnListed = snapshot => snapshot.Ref.Volume.Name == "v02" ? throw broken : snapshot;
        _engine.OnVolume = volume => volume.Ref.Name == "v05" && !told.Wait(TimeSpan.FromSeconds(30)) ? throw new TimeoutException() : volume;
        var events = new List<FleetEvent>();
        await foreach (FleetEvent each in FleetChanges.QueryAsync(_engine, new FleetOptions { ListPerVolume = true, Parallel = 2 }, TestContext.Current.CancellationToken))
        {
            told.Release();
            events.Add(each);
        }

        Assert.Equal(5, events.OfType<FleetResult>().Count());
        FleetFailure failure = Assert.Single(events.OfType<FleetFailure>());
        Assert.Equal(("v02", broken, null), (failure.Volume.Name, failure.Error, failure.Target));
    }

    [Fact]
    public async Task Extents_come_in_order_within_a_volume_and_before_its_result()
    {
        await _engine.WithPairsAsync(12);
        _engine.OnDelta = (_, _) => Enumerable.Range(0, 40).Select(i => Head with { Extents = [new Extent(i * 4096L, 4096)] }).Prepend(Head).ToAsyncEnumerable();
        List<FleetEvent> events = await Ask(new FleetOptions { WithExtents = true, Parallel = 4 });
        Assert.Equal(12 * 41, events.Count); // A batch without extents tells nothing.
        foreach (IGrouping<VolumeRef, FleetEvent> volume in events.GroupBy(each => each.Volume))
        {
            Assert.Equal(Enumerable.Range(0, 40).Select(i => i * 4096L), volume.Take(40).Select(each => Assert.Single(Assert.IsType<FleetExtents>(each).Batch.Extents).Offset));
            Assert.Equal(40 * 4096, Assert.IsType<FleetResult>(volume.Last()).DataBytes);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public async Task No_more_are_asked_at_once_than_was_said(int parallel)
    {
        await _engine.WithPairsAsync(40);
        Assert.Equal(40, (await Ask(new FleetOptions { Parallel = parallel })).Count);
        Assert.InRange(_engine.MostAsking, 1, parallel);
        Assert.Equal(0, _engine.Asking);
    }

    [Fact]
    public async Task As_many_are_asked_at_once_as_was_said()
    {
        await _engine.WithPairsAsync(12);
        var all = new TaskCompletionSource();
        _engine.OnDelta = (_, token) =>
        {
            if (_engine.Asking == 6)
            {
                all.TrySetResult();
            }

            return Later(all.Task, token);
        };
        Assert.Equal(12, (await Ask(new FleetOptions { Parallel = 6 })).OfType<FleetResult>().Count());
    }

    [Fact]
    public async Task One_at_a_time_they_come_in_the_order_of_the_list()
    {
        await _engine.WithPairsAsync(15);
        Assert.Equal(Enumerable.Range(0, 15).Select(i => $"v{i:00}"), (await Ask(new FleetOptions { Parallel = 1 })).Select(each => each.Volume.Name!));
    }

    [Fact]
    public async Task Time_is_measured_by_the_clock_that_was_given()
    {
        await _engine.WithPairsAsync(2);
        var clock = new ManualTimeProvider();
        _engine.OnDelta = (name, _) =>
        {
            clock.Advance(TimeSpan.FromSeconds(3));
            return name == "v00" ? null : throw new InvalidOperationException();
        };
        List<FleetEvent> events = await Ask(new FleetOptions { Parallel = 1, Time = clock });
        Assert.Equal(TimeSpan.FromSeconds(3), Assert.IsType<FleetResult>(events[0]).Elapsed);
        Assert.Equal(TimeSpan.FromSeconds(3), Assert.IsType<FleetFailure>(events[1]).Elapsed);
    }

    [Fact]
    public async Task Progress_counts_snapshots_then_volumes()
    {
        await _engine.WithPairsAsync(3);
        var told = new List<OperationProgress>();
        var progress = new Told(told);
        await Ask(new FleetOptions { Progress = progress });
        Assert.Equal(Enumerable.Range(1, 6).Select(i => (long)i), told.Where(each => each.Phase == "list").Select(each => each.ItemsDone));
        Assert.Equal(new OperationProgress("compare", 3 * 4096, null, 3, 3), told[^1]);
    }

    [Fact]
    public async Task An_engine_without_snapshots_or_block_map_cannot_be_asked()
    {
        Assert.Equal(EngineCapability.Snapshot, (await Assert.ThrowsAsync<CapabilityNotSupportedException>(() => Ask(new FleetOptions(), new FleetEngine().Without<ISnapshots>()))).Capability);
        Assert.Equal(EngineCapability.Delta, (await Assert.ThrowsAsync<CapabilityNotSupportedException>(() => Ask(new FleetOptions(), new FleetEngine().Without<IBlockMap>()))).Capability);
    }

    [Fact]
    public void Options_that_cannot_be_met_are_refused_before_anything_is_asked()
    {
        FleetOptions[] wrong =
        [
            new() { Parallel = 0 }, new() { Parallel = 257 }, new() { MaxResults = -1 }, new() { BaseName = "a", TargetName = "a" }, new() { BaseName = "a", NamePrefix = "b" },
            new() { TargetName = "a", NamePrefix = "ab" },
        ];
        Assert.All(wrong, options => Assert.ThrowsAny<ArgumentException>(() => FleetChanges.QueryAsync(_engine, options)));
    }

    private static ExtentBatch Head => new(ExtentStyle.VariableLength, FleetEngine.VolumeBytes, FleetEngine.VolumeBytes, ChangeSource.NativeDelta, Exactness.Exact, []);

    private static async IAsyncEnumerable<ExtentBatch> AfterOneBatch(Exception error)
    {
        await Task.Yield();
        yield return Head with { Extents = [new Extent(0, 4096)] };
        throw error;
    }

    private static async IAsyncEnumerable<ExtentBatch> Later(Task start, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await start.WaitAsync(cancellationToken);
        yield return Head;
    }

    private async Task<List<FleetEvent>> Ask(FleetOptions options, FleetEngine? engine = null)
        => await FleetChanges.QueryAsync(engine ?? _engine, options, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);

    private sealed class Told(List<OperationProgress> told) : IProgress<OperationProgress>
    {
        public void Report(OperationProgress value) => told.Add(value);
    }
}
