namespace StorageEngines.Testing;

/// <summary>Groups, and cancel at every point where an operation waits.</summary>
public sealed class GroupAndCancelTests
{
    private readonly InMemoryStorageEngine _engine = new(new InMemoryEngineOptions { BlockSizeBytes = 16, MaxExtentsPerBatch = 2 });
    private readonly InMemoryBlockVolume _first;
    private readonly InMemoryBlockVolume _second;

    public GroupAndCancelTests()
    {
        _first = _engine.CreateBlockVolume("a", 256);
        _second = _engine.CreateBlockVolume("b", 256);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IGroupSnapshots Groups => _engine.Feature<IGroupSnapshots>()!;

    private ISnapshots Snapshots => _engine.Feature<ISnapshots>()!;

    [Fact]
    public async Task Group_is_idempotent_complete_and_deleted_as_a_whole()
    {
        GroupSnapshotInfo group = await Groups.CreateAsync([_first.Ref, _second.Ref], "g", Cancel);
        GroupSnapshotInfo again = await Groups.CreateAsync([_second.Ref, _first.Ref], "g", Cancel);
        Assert.Equal((group.Id, 2, true), (again.Id, again.Members.Count, again.Complete));
        Assert.Equal(EngineStatus.AlreadyExists, (await Assert.ThrowsAsync<StorageEngineException>(() => Groups.CreateAsync([_first.Ref], "g", Cancel))).Status);
        Assert.All(group.Members, member => Assert.Equal(group.Id, member.GroupId));

        SnapshotInfo stranger = await Snapshots.CreateAsync(new CreateSnapshotRequest(_first.Ref, "x"), Cancel);
        Assert.Equal(
            EngineStatus.InvalidArgument,
            (await Assert.ThrowsAsync<StorageEngineException>(() => Groups.DeleteAsync(group.Id, [group.Members[0].Ref, stranger.Ref], Cancel))).Status);
        await Snapshots.DeleteAsync(group.Members[0].Ref, cancellationToken: Cancel);
        Assert.False((await Groups.GetAsync(group.Id, Cancel)).Complete);
        await Groups.DeleteAsync(group.Id, [.. group.Members.Select(member => member.Ref)], Cancel);
        await Groups.DeleteAsync(group.Id, [], Cancel);
        await Assert.ThrowsAsync<SnapshotNotFoundException>(() => Groups.GetAsync(group.Id, Cancel));
        Assert.Single(await Snapshots.ListAsync(null, cancellationToken: Cancel).ToArrayAsync(Cancel));
    }

    [Fact]
    public async Task Members_are_of_one_instant()
    {
        int steps = 0;
        _engine.OnStep = (_, _) =>
        {
            steps++;
            _first.Write(0, [(byte)steps]);
            _second.Write(0, [(byte)steps]);
            return default;
        };
        GroupSnapshotInfo group = await Groups.CreateAsync([_first.Ref, _second.Ref], "g", Cancel);
        _engine.OnStep = null;
        byte[] values = new byte[2];
        for (int i = 0; i < 2; i++)
        {
            await using Stream stream = await _engine.Feature<ISnapshotReader>()!.OpenReadAsync(group.Members[i].Ref, cancellationToken: Cancel);
            values[i] = (byte)stream.ReadByte();
        }

        Assert.True(steps >= 2);
        Assert.Equal(values[0], values[1]);
    }

    [Fact]
    public async Task Cancel_at_every_step_leaves_nothing_behind()
    {
        for (int block = 0; block < 16; block += 2)
        {
            _first.Write(block * 16, [1]);
        }

        SnapshotInfo cut = await Snapshots.CreateAsync(new CreateSnapshotRequest(_first.Ref, "base"), Cancel);
        await CancelEverywhere(token => Snapshots.CreateAsync(new CreateSnapshotRequest(_first.Ref, "s"), token), 2);
        await CancelEverywhere(token => Groups.CreateAsync([_first.Ref, _second.Ref], "g", token), 3);
        await CancelEverywhere(async token => await _engine.Feature<IBlockMap>()!.AllocatedAsync(new AllocatedQuery(cut.Ref), token).CountAsync(Cancel), 5);
        await CancelEverywhere(async token => await _engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(cut.ChangeToken!, cut.Ref), token).CountAsync(Cancel), 2);
        await CancelEverywhere(token => Snapshots.RollbackAsync(cut.Ref, new RollbackOptions(true, "safety"), token), 1);
        await CancelEverywhere(token => Snapshots.CloneAsync(cut.Ref, BytePath.FromString("c"), cancellationToken: token), 1);
    }

    [Fact]
    public async Task Snapshot_does_not_see_what_is_written_while_it_is_read()
    {
        _first.Write(0, [1]);
        SnapshotInfo cut = await Snapshots.CreateAsync(new CreateSnapshotRequest(_first.Ref, "s"), Cancel);
        _engine.OnStep = (_, _) =>
        {
            _first.Write(0, [2]);
            return default;
        };
        await using Stream stream = await _engine.Feature<ISnapshotReader>()!.OpenReadAsync(cut.Ref, cancellationToken: Cancel);
        byte[] bytes = new byte[256];
        await stream.ReadExactlyAsync(bytes, Cancel);
        Assert.Equal((1, 2), (bytes[0], _first.ReadAll()[0]));
        Assert.Equal((0, 256), (_engine.Counters.VolumeBytesRead, _engine.Counters.SnapshotBytesRead));
    }

    /// <summary>Cancels an operation at its first step, at its second, and so on until it ends by itself.</summary>
    private async Task CancelEverywhere(Func<CancellationToken, Task> operation, int leastSteps)
    {
        for (int at = 1; ; at++)
        {
            SnapshotInfo[] before = await Snapshots.ListAsync(null, cancellationToken: Cancel).ToArrayAsync(Cancel);
            using var source = new CancellationTokenSource();
            int steps = 0;
            _engine.OnStep = (_, _) =>
            {
                if (++steps == at)
                {
                    source.Cancel();
                }

                return default;
            };
            Exception? thrown = await Record.ExceptionAsync(() => operation(source.Token));
            _engine.OnStep = null;
            Assert.Equal((0, 0, 0), (_engine.Counters.OpenOperations, _engine.Counters.OpenStreams, _engine.Counters.TemporarySnapshots));
            if (thrown is null)
            {
                Assert.True(at > leastSteps, $"It ended after {at - 1} steps; {leastSteps} were expected at least.");
                return;
            }

            Assert.IsAssignableFrom<OperationCanceledException>(thrown);
            SnapshotInfo[] after = await Snapshots.ListAsync(null, cancellationToken: Cancel).ToArrayAsync(Cancel);
            Assert.Equal(before.Select(snapshot => snapshot.Ref), after.Select(snapshot => snapshot.Ref));
            Assert.Equal(2, await _engine.ListVolumesAsync(Cancel).CountAsync(Cancel));
        }
    }
}
