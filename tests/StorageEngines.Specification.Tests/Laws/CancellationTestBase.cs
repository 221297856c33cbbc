namespace StorageEngines.Specification;

/// <summary>Law 17: a call can be cancelled wherever it waits, and leaves nothing behind: no process, mount, hold or temporary snapshot.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class CancellationTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    private const int MostSteps = 40;

    /// <summary>A snapshot that was given up is not there, nor half there.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law17_A_cancelled_create_leaves_no_snapshot(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Snapshot);
        await subject.WriteAsync(0, Content(4 * await UnitAsync()));
        string name = "";
        await AtEveryStepAsync(
            "create",
            token => Snapshots.CreateAsync(new CreateSnapshotRequest(subject.Volume.Ref, name = Fixture.NextName()), token),
            async cancelled => Assert.Equal(cancelled ? 0 : 1, (await ListAsync(subject.Volume.Ref, name)).Count));
    }

    /// <summary>Queries end where they are cancelled, and never end as if they were complete.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law17_A_cancelled_query_leaves_nothing(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        (SnapshotInfo before, SnapshotInfo after) = await ManyExtentsAsync(subject);
        ChangeToken token = BlockSubject.TokenOf(before);
        await AtEveryStepAsync("delta", cancel => ExtentAnswer.CollectAsync(subject.StreamDelta(token, after.Ref, 0, 1, cancel)));
        await AtEveryStepAsync("list", async cancel =>
        {
            await foreach (SnapshotInfo each in Snapshots.ListAsync(subject.Volume.Ref, null, cancel))
            {
                Assert.NotNull(each);
            }
        });
        if (subject.Capabilities.Has(EngineCapability.Allocated))
        {
            var query = new AllocatedQuery(after.Ref) { Path = subject.Path, MaxResults = 1 };
            await AtEveryStepAsync("allocated", cancel => ExtentAnswer.CollectAsync(Require<IBlockMap>().AllocatedAsync(query, cancel)));
        }

        if (subject.Capabilities.Has(EngineCapability.ReadSnapshot))
        {
            await AtEveryStepAsync("read", cancel => TreeImage.ReadAllAsync(Require<ISnapshotReader>(), after.Ref, subject.Path, cancel));
        }

        if (kind == VolumeKind.Tree && subject.Capabilities.Has(EngineCapability.ReadTree | EngineCapability.FileDiff))
        {
            var query = new FileDiffQuery(token, after.Ref);
            await AtEveryStepAsync("file diff", async cancel => Assert.NotEmpty(await CollectAsync(Require<IFileDiff>().DiffAsync(query, cancel))));
            await AtEveryStepAsync("tree", async cancel => Assert.NotEmpty(await CollectAsync(Require<ITreeReader>().ListAsync(after.Ref, default, cancel))));
        }
    }

    /// <summary>A stream that is cancelled after its first batch ends there, and one that is left early closes what it opened.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law17_A_query_cancelled_or_left_after_its_first_batch_ends_there(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        (SnapshotInfo before, SnapshotInfo after) = await ManyExtentsAsync(subject);
        long? leftovers = await Fixture.CountLeftoversAsync(Cancel);
        using var source = new CancellationTokenSource();
        Exception? failure = await Record.ExceptionAsync(async () =>
        {
            await foreach (ExtentBatch batch in subject.StreamDelta(BlockSubject.TokenOf(before), after.Ref, 0, 1, source.Token))
            {
                await source.CancelAsync();
            }
        });
        Assert.True(failure is OperationCanceledException, $"A delta cancelled after its first batch went on to its end, or failed otherwise: {failure}");
        await foreach (ExtentBatch batch in subject.StreamDelta(BlockSubject.TokenOf(before), after.Ref, 0, 1, Cancel))
        {
            Assert.NotNull(batch);
            break;
        }

        Assert.Equal(leftovers, await Fixture.CountLeftoversAsync(Cancel));
    }

    /// <summary>A deletion that was given up has either happened or not.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law17_A_cancelled_delete_leaves_the_snapshot_there_or_gone(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.ReadSnapshot);
        await subject.WriteAsync(0, Content(1000));
        byte[] bytes = await subject.LiveAsync();
        SnapshotInfo snapshot = await subject.SnapshotAsync();
        await AtEveryStepAsync("delete", token => Snapshots.DeleteAsync(snapshot.Ref, DeleteMode.Everything, token), async cancelled =>
        {
            List<SnapshotInfo> left = await ListAsync(subject.Volume.Ref, snapshot.Ref.Name);
            if (left.Count == 1)
            {
                Assert.True(cancelled, "A deletion that was not cancelled left the snapshot there.");
                byte[] read = await subject.ReadAsync(left[0]);
                ExtentOracle.AssertSame(bytes, read, "A snapshot whose deletion was cancelled");
                return;
            }

            snapshot = await subject.SnapshotAsync();
        });
    }

    /// <summary>A roll back is given up before its first change or runs to its end; a clone that was given up is not there.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law17_A_cancelled_roll_back_leaves_the_old_or_the_new_content(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.RollbackInPlace);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(6 * unit));
        (SnapshotInfo snapshot, byte[] old) = await subject.CutAsync();
        await subject.WriteAsync(unit, Content(2 * unit));
        byte[] present = await subject.LiveAsync();
        await AtEveryStepAsync("roll back", token => Snapshots.RollbackAsync(snapshot.Ref, new RollbackOptions(), token), async cancelled =>
        {
            byte[] live = await subject.LiveAsync();
            if (!cancelled || !live.AsSpan().SequenceEqual(present))
            {
                ExtentOracle.AssertSame(old, live, "The volume after a roll back that was cancelled or not");
                await subject.WriteAsync(0, present);
            }
        });
    }

    /// <summary>A clone that was given up is not there.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law17_A_cancelled_clone_is_not_there(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Clone);
        Offered(Fixture.NewLocation(kind) is not null, "a place for a clone");
        await subject.WriteAsync(0, Content(1000));
        SnapshotInfo snapshot = await subject.SnapshotAsync();
        BytePath location = default;
        await AtEveryStepAsync(
            "clone",
            token => Snapshots.CloneAsync(snapshot.Ref, location = Fixture.NewLocation(kind)!.Value, null, token),
            async cancelled =>
            {
                Exception? failure = await Record.ExceptionAsync(async () => await Engine.ResolveVolumeAsync(location, Cancel));
                Assert.True(!cancelled || failure is StorageEngineException { Status: EngineStatus.NotFound }, "A clone that was cancelled is there.");
                Assert.True(cancelled || failure is null, $"A clone that was not cancelled is not there: {failure}");
            });
    }

    private static async Task<List<T>> CollectAsync<T>(IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (T item in items)
        {
            list.Add(item);
        }

        return list;
    }

    private async Task<(SnapshotInfo Before, SnapshotInfo After)> ManyExtentsAsync(BlockSubject subject)
    {
        int unit = await UnitAsync();
        SnapshotInfo before = await subject.SnapshotAsync();
        for (int at = 0; at < 16; at += 2)
        {
            await subject.WriteAsync(at * unit, Content(unit));
        }

        return (before, await subject.SnapshotAsync());
    }

    /// <summary>Runs a call again and again, cancelled before it begins, then at each of its steps, or after growing delays where steps cannot be seen.</summary>
    private async Task AtEveryStepAsync(string what, Func<CancellationToken, Task> call, Func<bool, Task>? check = null)
    {
        long? leftovers = await Fixture.CountLeftoversAsync(Cancel);
        for (int step = 0; step <= MostSteps; step++)
        {
            using var source = new CancellationTokenSource();
            Task Cancelling() => source.CancelAsync();
            int seen = 0;
            bool observed = step > 0 && Fixture.ObserveSteps(async _ => await (++seen == step ? Cancelling() : Task.CompletedTask));
            if (step == 0)
            {
                await source.CancelAsync();
            }
            else if (!observed)
            {
                source.CancelAfter(TimeSpan.FromMicroseconds(20 * Math.Pow(1.4, step)));
            }

            Exception? failure = await Record.ExceptionAsync(() => call(source.Token));
            _ = Fixture.ObserveSteps(null);
            bool known = failure is null or OperationCanceledException;
            Assert.True(known, $"{what}, cancelled at step {step}, failed instead of being cancelled: {failure}");
            Assert.True(step > 0 || failure is not null, $"{what} was cancelled before it began, and ran all the same.");
            await (check?.Invoke(failure is not null) ?? Task.CompletedTask);
            long? left = await Fixture.CountLeftoversAsync(Cancel);
            Assert.True(left == leftovers, $"{what}, cancelled at step {step}, left something behind: {leftovers} before, {left} after.");
            if (step > 0 && failure is null && !source.IsCancellationRequested)
            {
                return;
            }
        }
    }
}
