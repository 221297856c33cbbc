using StorageEngines.Testing;

namespace StorageEngines.Tests.Groups;

public sealed class GroupSnapshotsTests
{
    private readonly InMemoryStorageEngine _first = new();
    private readonly InMemoryStorageEngine _second = new();
    private readonly List<string> _log = [];
    private readonly GroupMember[] _native;
    private readonly GroupMember[] _separate;

    public GroupSnapshotsTests()
    {
        var a = new GroupMember(_first, _first.CreateBlockVolume("a", 8192).Ref);
        var b = new GroupMember(_first, _first.CreateBlockVolume("b", 8192).Ref);
        var c = new GroupMember(_second, _second.CreateBlockVolume("c", 8192).Ref);
        _native = [a, b];
        _separate = [a, c];
    }

    [Fact]
    public async Task One_engine_cuts_at_one_instant()
    {
        GroupSnapshotInfo group = await GroupSnapshots.CreateAsync(_native, "g", new GroupSnapshotOptions { MinimumConsistency = Consistency.Crash });
        Assert.Equal(2, group.Members.Count);
        Assert.All(group.Members, member => Assert.Equal(group.Id, member.GroupId));
    }

    [Fact]
    public async Task Several_engines_without_a_quiesce_are_worth_nothing_together()
    {
        GroupSnapshotInfo group = await GroupSnapshots.CreateAsync(_separate, "g", new GroupSnapshotOptions());
        Assert.Equal(Consistency.Unknown, group.Consistency);
        Assert.Equal((1, 1), await Counts());
    }

    [Fact]
    public async Task Hooks_freeze_in_order_and_thaw_in_reverse()
    {
        GroupSnapshotInfo group = await GroupSnapshots.CreateAsync(
            _separate, "g", Hooks(new Hook(_log, "app", Consistency.Application), new Hook(_log, "fs", Consistency.FileSystem)));
        Assert.Equal(["freeze app", "freeze fs", "thaw fs True", "thaw app True"], _log);
        Assert.Equal(Consistency.FileSystem, group.Consistency);
    }

    [Fact]
    public async Task Failing_freeze_thaws_what_was_frozen_and_itself()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => GroupSnapshots.CreateAsync(
            _separate, "g", Hooks(new Hook(_log, "app"), new Hook(_log, "fs") { OnFreeze = _ => throw new InvalidOperationException() }, new Hook(_log, "never"))));
        Assert.Equal(["freeze app", "freeze fs", "thaw fs False", "thaw app False"], _log);
        Assert.Equal((0, 0), await Counts());
    }

    [Fact]
    public async Task Failing_member_leaves_no_other_and_thaws()
    {
        _second.OnStep = (step, _) => step.StartsWith("create", StringComparison.Ordinal) ? throw Broken : default;
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
            () => GroupSnapshots.CreateAsync(_separate, "g", Hooks(new Hook(_log, "app"))));
        Assert.Equal("broken", error.Message);
        Assert.Equal(["freeze app", "thaw app False"], _log);
        Assert.Equal((0, 0), await Counts());
    }

    [Fact]
    public async Task Cancellation_thaws_and_leaves_nothing()
    {
        using var source = new CancellationTokenSource();
        _second.OnStep = (step, _) =>
        {
            if (step.StartsWith("create", StringComparison.Ordinal))
            {
                source.Cancel();
            }

            return default;
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => GroupSnapshots.CreateAsync(_separate, "g", Hooks(new Hook(_log, "app")), source.Token));
        Assert.Equal("thaw app False", _log[^1]);
        Assert.Equal((0, 0), await Counts());
    }

    [Fact]
    public async Task Limit_is_kept()
    {
        var options = Hooks(new Hook(_log, "slow") { OnFreeze = token => new ValueTask(Task.Delay(Timeout.Infinite, token)) });
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
            () => GroupSnapshots.CreateAsync(_separate, "g", options with { FreezeLimit = TimeSpan.FromMilliseconds(30) }));
        Assert.Equal((EngineStatus.DeadlineExceeded, EngineReason.GroupNotConsistent), (error.Status, error.Reason));
        Assert.Equal(["freeze slow", "thaw slow False"], _log);
    }

    [Fact]
    public async Task Every_hook_is_thawed_even_if_one_cannot_be()
    {
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(() => GroupSnapshots.CreateAsync(
            _separate, "g", Hooks(new Hook(_log, "app"), new Hook(_log, "fs") { ThawError = new IOException("stuck") })));
        Assert.Contains("stuck", error.Message, StringComparison.Ordinal);
        Assert.Equal("thaw app True", _log[^1]);
        Assert.Equal((0, 0), await Counts());
    }

    [Fact]
    public async Task Consistency_that_cannot_be_reached_leaves_nothing()
    {
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
            () => GroupSnapshots.CreateAsync(_separate, "g", new GroupSnapshotOptions { MinimumConsistency = Consistency.Crash }));
        Assert.Equal(EngineReason.GroupNotConsistent, error.Reason);
        Assert.Equal((0, 0), await Counts());
    }

    [Fact]
    public async Task Same_call_again_returns_the_same_group_and_a_taken_name_is_refused()
    {
        GroupSnapshotInfo group = await GroupSnapshots.CreateAsync(_separate, "g", new GroupSnapshotOptions());
        GroupSnapshotInfo again = await GroupSnapshots.CreateAsync(_separate, "g", new GroupSnapshotOptions());
        Assert.Equal(group.Members.Select(member => member.Ref), again.Members.Select(member => member.Ref));
        await _first.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(_separate[0].Volume, "mine"));
        StorageEngineException error = await Assert.ThrowsAsync<StorageEngineException>(
            () => GroupSnapshots.CreateAsync(_separate, "mine", new GroupSnapshotOptions()));
        Assert.Equal(EngineReason.NameTaken, error.Reason);
        Assert.Equal((2, 1), await Counts());
    }

    [Fact]
    public async Task Empty_and_duplicate_members_are_refused()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => GroupSnapshots.CreateAsync([], "g", new GroupSnapshotOptions()));
        await Assert.ThrowsAsync<ArgumentException>(() => GroupSnapshots.CreateAsync([_native[0], _native[0]], "g", new GroupSnapshotOptions()));
        await Assert.ThrowsAsync<ArgumentException>(() => GroupSnapshots.CreateAsync(_native, "a b", new GroupSnapshotOptions()));
    }

    private static StorageEngineException Broken => new(EngineStatus.Unavailable, EngineReason.None, Recovery.Retry, "broken");

    private static GroupSnapshotOptions Hooks(params IQuiesceHook[] hooks) => new() { Hooks = hooks };

    private async Task<(int First, int Second)> Counts()
    {
        _first.OnStep = _second.OnStep = null;
        return (await _first.Feature<ISnapshots>()!.ListAsync(null).CountAsync(), await _second.Feature<ISnapshots>()!.ListAsync(null).CountAsync());
    }

    private sealed class Hook(List<string> log, string name, Consistency worth = Consistency.Application) : IQuiesceHook
    {
        internal Func<CancellationToken, ValueTask> OnFreeze { get; init; } = _ => default;

        internal Exception? ThawError { get; init; }

        public async ValueTask<Consistency> FreezeAsync(TimeSpan limit, CancellationToken cancellationToken)
        {
            log.Add($"freeze {name}");
            await OnFreeze(cancellationToken);
            return worth;
        }

        public ValueTask ThawAsync(bool snapshotTaken)
        {
            log.Add($"thaw {name} {snapshotTaken}");
            return ThawError is null ? default : throw ThawError;
        }
    }
}
