using StorageEngines.Testing;

namespace StorageEngines.Specification;

/// <summary>Law 20: what was frozen for the engine's snapshots is thawed, whatever happens, and the limit is kept.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class QuiesceTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    private const int MostSteps = 60;

    /// <summary>A group around a quiesce is frozen once, cut, and thawed once.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law20_What_was_frozen_is_thawed_after_the_cut(VolumeKind kind)
    {
        BlockSubject[] members = await MembersAsync(kind);
        var hook = new RecordingHook();
        GroupSnapshotInfo group = await CreateAsync(members, new GroupSnapshotOptions { Hooks = [hook] }, Cancel);
        Assert.Equal(members.Length, group.Members.Count);
        Assert.Equal(1, hook.Frozen);
        Assert.Equal([true], hook.Thawed);
    }

    /// <summary>A freeze that fails is thawed too, and so is what was frozen before it; nothing is cut.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law20_A_freeze_that_fails_is_thawed_and_nothing_is_cut(VolumeKind kind)
    {
        BlockSubject[] members = await MembersAsync(kind);
        var first = new RecordingHook();
        var second = new RecordingHook(_ => throw new StorageEngineException(
            EngineStatus.Unavailable, EngineReason.None, Recovery.Retry, "The law lets this freeze fail."));
        var third = new RecordingHook();
        await FailsAsync(() => CreateAsync(members, new GroupSnapshotOptions { Hooks = [first, second, third] }, Cancel), "A group whose freeze fails");
        Assert.Equal([false], first.Thawed);
        Assert.Equal([false], second.Thawed);
        Assert.Equal(third.Frozen, third.Thawed.Count);
        await AssertNothingLeftAsync(members, "a freeze that failed");
    }

    /// <summary>Cancelled or failed at whatever step of the engine, it is thawed, and no member is left.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <param name="cancel">True to cancel at the step, false to fail there.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block, true)]
    [InlineData(VolumeKind.Block, false)]
    [InlineData(VolumeKind.Tree, true)]
    public async Task Law20_What_was_frozen_is_thawed_when_the_cut_is_stopped_at_any_step(VolumeKind kind, bool cancel)
    {
        BlockSubject[] members = await MembersAsync(kind);
        for (int step = 1; step <= MostSteps; step++)
        {
            using var source = new CancellationTokenSource();
            int seen = 0;
            async ValueTask StopAsync() => await (cancel ? source.CancelAsync() : throw new StorageEngineException(
                EngineStatus.Unavailable, EngineReason.None, Recovery.Retry, "The law stops the back end at this step."));
            Offered(Fixture.ObserveSteps(_ => Interlocked.Increment(ref seen) == step ? StopAsync() : default), "the engine's steps");
            var hook = new RecordingHook();
            Exception? failure = await Record.ExceptionAsync(() => CreateAsync(members, new GroupSnapshotOptions { Hooks = [hook] }, source.Token));
            _ = Fixture.ObserveSteps(null);
            Assert.True(hook.Frozen == hook.Thawed.Count, $"Stopped at step {step}: frozen {hook.Frozen} times and thawed {hook.Thawed.Count} times.");
            if (failure is null)
            {
                return;
            }

            await AssertNothingLeftAsync(members, $"stopped at step {step} by {failure.GetType().Name}");
        }
    }

    /// <summary>An application is not kept at rest for longer than was agreed.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law20_The_limit_of_a_freeze_is_kept(VolumeKind kind)
    {
        BlockSubject[] members = await MembersAsync(kind);
        var time = new ManualTimeProvider();
        var slow = new RecordingHook(_ =>
        {
            time.Advance(TimeSpan.FromSeconds(11));
            return default;
        });
        var options = new GroupSnapshotOptions { Hooks = [slow], FreezeLimit = TimeSpan.FromSeconds(10), Time = time };
        StorageEngineException failure = await FailsAsync(() => CreateAsync(members, options, Cancel), "A group whose freeze takes too long");
        Assert.Equal(EngineReason.GroupNotConsistent, failure.Reason);
        Assert.Equal([false], slow.Thawed);
        await AssertNothingLeftAsync(members, "a freeze that took too long");
    }

    private async Task<BlockSubject[]> MembersAsync(VolumeKind kind)
        => [await SubjectAsync(kind, EngineCapability.Snapshot), await SubjectAsync(kind, EngineCapability.Snapshot)];

    private Task<GroupSnapshotInfo> CreateAsync(BlockSubject[] members, GroupSnapshotOptions options, CancellationToken cancellationToken)
        => GroupSnapshots.CreateAsync(
            [.. members.Select(member => new GroupMember(Engine, member.Volume.Ref))], Fixture.NextName(), options, cancellationToken);

    private async Task AssertNothingLeftAsync(BlockSubject[] members, string when)
    {
        foreach (BlockSubject member in members)
        {
            List<SnapshotInfo> left = await ListAsync(member.Volume.Ref);
            Assert.True(left.Count == 0, $"After {when}, {string.Join(", ", left.Select(snapshot => snapshot.Ref))} is left.");
        }
    }
}
