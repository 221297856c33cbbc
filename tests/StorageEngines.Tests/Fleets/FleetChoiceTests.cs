using StorageEngines.Testing;

namespace StorageEngines.Tests.Fleets;

/// <summary>Which volumes are asked, and which of their snapshots are compared.</summary>
public sealed class FleetChoiceTests
{
    private readonly FleetEngine _engine = new();

    [Theory]
    [InlineData("a b c", null, null, "b-c")]
    [InlineData("a b c", "a", null, "a-c")]
    [InlineData("a b c", "a", "b", "a-b")]
    [InlineData("a b c", null, "b", "a-b")]
    [InlineData("a b c", "c", null, "TargetMissing")]
    [InlineData("a b c", "x", null, "BaseMissing")]
    [InlineData("a b c", "x", "b", "BaseMissing")]
    [InlineData("a b c", "a", "x", "TargetMissing")]
    [InlineData("a b c", null, "x", "TargetMissing")]
    [InlineData("a b c", null, "a", "OneSnapshot")]
    [InlineData("a b c", "c", "a", "WrongOrder")]
    [InlineData("a", null, null, "OneSnapshot")]
    [InlineData("", null, null, "NoSnapshot")]
    [InlineData("", "a", null, "BaseMissing")]
    [InlineData("", "a", "b", "BaseMissing")]
    [InlineData("a b c -c", null, null, "a-b")] // Deleting the data leaves a base, and no target.
    [InlineData("a b c -b", null, null, "b-c")]
    [InlineData("a b c -b -c", null, null, "OneSnapshot")]
    [InlineData("a b c -c d", null, null, "c-d")]
    [InlineData("a b!", null, null, "a-b")] // ! has no token.
    [InlineData("a! b", null, null, "ChangeTrackingOff")]
    [InlineData("a b! c", null, null, "a-c")]
    [InlineData("a! b! c", null, null, "ChangeTrackingOff")]
    [InlineData("a b! c", "b", null, "ChangeTrackingOff")]
    [InlineData("a! b", null, "b", "ChangeTrackingOff")]
    [InlineData("a b c?", null, null, "a-b")] // ? is not ready yet.
    [InlineData("a? b c", null, "b", "OneSnapshot")]
    public async Task The_pair_is_chosen(string snapshots, string? from, string? to, string expected)
    {
        InMemoryBlockVolume volume = _engine.Inner.CreateBlockVolume("v", 4096);
        var made = new Dictionary<string, SnapshotInfo>();
        foreach (string word in snapshots.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string name = word.Trim('!', '?', '-');
            if (word[0] == '-')
            {
                await _engine.Inner.Feature<ISnapshots>()!.DeleteAsync(made[name].Ref, DeleteMode.DataOnly, TestContext.Current.CancellationToken);
            }
            else
            {
                made.Add(name, await _engine.CutAsync(volume, name));
            }
        }

        _engine.OnListed = snapshot => snapshots.Contains(snapshot.Ref.Name + "!", StringComparison.Ordinal) ? snapshot with { ChangeToken = null }
            : snapshots.Contains(snapshot.Ref.Name + "?", StringComparison.Ordinal) ? snapshot with { State = SnapshotState.Creating } : snapshot;
        Assert.Equal(expected, Describe(Assert.Single(await Ask(new FleetOptions { BaseName = from, TargetName = to }))));
        Assert.Equal(expected, Describe(Assert.Single(await Ask(new FleetOptions { BaseName = from, TargetName = to, ListPerVolume = true }))));
    }

    [Fact]
    public async Task Labels_choose_for_each_volume_by_itself()
    {
        await _engine.WithPairsAsync(3);
        InMemoryBlockVolume late = _engine.Inner.CreateBlockVolume("late", 4096);
        await _engine.CutAsync(late, "b");
        await _engine.CutAsync(late, "c");
        List<FleetEvent> events = await Ask(new FleetOptions { BaseName = "a", TargetName = "b" });
        Assert.Equal(["a-b", "a-b", "a-b", "BaseMissing"], events.OrderBy(each => each.Volume.Name == "late").Select(Describe));
    }

    [Fact]
    public async Task A_prefix_hides_the_other_snapshots()
    {
        InMemoryBlockVolume volume = _engine.Inner.CreateBlockVolume("v", 4096);
        foreach (string name in new[] { "day-1", "hour-1", "day-2", "hour-2" })
        {
            await _engine.CutAsync(volume, name);
        }

        Assert.Equal("day-1-day-2", Describe(Assert.Single(await Ask(new FleetOptions { NamePrefix = "day-" }))));
        Assert.Equal("NoSnapshot", Describe(Assert.Single(await Ask(new FleetOptions { NamePrefix = "week-" }))));
    }

    [Fact]
    public async Task With_a_target_by_label_a_volume_is_asked_while_others_are_still_listed()
    {
        await _engine.WithPairsAsync(2);
        using var asked = new SemaphoreSlim(0);
        _engine.OnDelta = (_, _) =>
        {
            asked.Release();
            return null;
        };
        _engine.OnListed = snapshot => snapshot.Ref is { Name: "b", Volume.Name: "v01" } && !asked.Wait(TimeSpan.FromSeconds(30)) ? throw new TimeoutException() : snapshot;
        Assert.Equal(["a-b", "a-b"], (await Ask(new FleetOptions { TargetName = "b" })).Select(Describe));
    }

    [Theory]
    [InlineData("rbd", 3)]
    [InlineData("/rbd", 3)]
    [InlineData("rbd/", 3)]
    [InlineData("rbd/space", 1)]
    [InlineData("rbd/one", 1)]
    [InlineData("rbd/on", 0)]
    [InlineData("/", 5)]
    [InlineData("", 5)]
    [InlineData("/srv", 1)]
    public async Task Volumes_are_chosen_by_where_they_are(string location, int count)
    {
        foreach (string name in new[] { "rbd/one", "rbd/two", "rbd/space/three", "rbd2/four", "/srv/five" })
        {
            InMemoryBlockVolume volume = _engine.Inner.CreateBlockVolume(name, 4096);
            await _engine.CutAsync(volume, "a");
            await _engine.CutAsync(volume, "b");
        }

        Assert.Equal(count, (await Ask(new FleetOptions { Location = BytePath.FromString(location) })).OfType<FleetResult>().Count());
    }

    [Fact]
    public async Task A_volume_that_only_its_snapshots_tell_of_is_asked_unless_a_place_was_named()
    {
        await _engine.WithPairsAsync(2);
        _engine.OnVolume = volume => volume.Ref.Name == "v00" ? null : volume;
        Assert.Equal([("v00", null), ("v01", "v01")], (await Ask(new FleetOptions())).Cast<FleetResult>().Select(result => (result.Volume.Name!, result.Location?.ToString())).Order());
        Assert.Equal("v01", Assert.Single(await Ask(new FleetOptions { Location = BytePath.FromString("v01") })).Volume.Name);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_removed_between_the_list_and_the_question_is_a_failure_of_its_volume(bool perVolume)
    {
        await _engine.WithPairsAsync(3);
        var newest = new Dictionary<string, SnapshotRef>();
        _engine.OnListed = snapshot =>
        {
            newest[snapshot.Ref.Volume.Name!] = snapshot.Ref;
            return snapshot;
        };
        _engine.OnDelta = (name, token) => name == "v02" ? null : AfterRemoval(newest[name], wholeVolume: name == "v01", token);
        List<FleetEvent> events = await Ask(new FleetOptions { Parallel = 1, ListPerVolume = perVolume });
        Assert.IsType<SnapshotNotFoundException>(Assert.IsType<FleetFailure>(events[0]).Error);
        Assert.Equal(EngineStatus.NotFound, Assert.IsType<StorageEngineException>(Assert.IsType<FleetFailure>(events[1]).Error, exactMatch: false).Status);
        Assert.IsType<FleetResult>(events[2]);
    }

    private async IAsyncEnumerable<ExtentBatch> AfterRemoval(
        SnapshotRef snapshot, bool wholeVolume, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (wholeVolume)
        {
            _engine.Inner.DeleteVolume(snapshot.Volume);
        }
        else
        {
            await _engine.Inner.Feature<ISnapshots>()!.DeleteAsync(snapshot, cancellationToken: cancellationToken);
        }

        var query = new DeltaQuery(new ChangeToken("memory", snapshot.Volume.Id, "l", "s"), snapshot);
        await foreach (ExtentBatch batch in _engine.Inner.Feature<IBlockMap>()!.DeltaAsync(query, cancellationToken))
        {
            yield return batch;
        }
    }

    private static string Describe(FleetEvent each) => each switch
    {
        FleetResult result => $"{result.Base.Ref.Name}-{result.Target.Ref.Name}",
        FleetSkip skip => skip.Reason.ToString(),
        FleetFailure { Error: StorageEngineException error } => error.Reason.ToString(),
        _ => each.ToString(),
    };

    private async Task<List<FleetEvent>> Ask(FleetOptions options)
        => await FleetChanges.QueryAsync(_engine, options, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
}
