namespace StorageEngines.Specification;

/// <summary>Capabilities and features agree, errors have the status of the table, and an engine can be disposed twice.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class CapabilityTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    /// <summary>A flag without its feature is a promise that nobody keeps; a feature that no volume declares is dead.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Rule_capability_flags_and_features_agree()
    {
        EngineCapability flags = (await Engine.GetCapabilitiesAsync(null, Cancel)).Flags;
        AssertAgree<ISnapshots>(flags, EngineCapability.Snapshot);
        AssertAgree<IGroupSnapshots>(flags, EngineCapability.Group);
        AssertAgree<IBlockMap>(flags, EngineCapability.Delta | EngineCapability.Allocated);
        AssertAgree<IFileDiff>(flags, EngineCapability.FileDiff);
        AssertAgree<IDifferentials>(flags, EngineCapability.ExportDiff | EngineCapability.ApplyDiff);
        AssertAgree<ISnapshotReader>(flags, EngineCapability.ReadSnapshot);
        AssertAgree<ITreeReader>(flags, EngineCapability.ReadTree);
        AssertAgree<IPendingChanges>(flags, EngineCapability.PendingChanges);
        AssertAgree<IChangedData>(flags, EngineCapability.ChangedData);
        const EngineCapability OfSnapshots
            = EngineCapability.Clone | EngineCapability.RollbackInPlace | EngineCapability.Hold | EngineCapability.DeleteDataOnly;
        Assert.True((flags & OfSnapshots) == 0 || flags.HasFlag(EngineCapability.Snapshot), $"{flags & OfSnapshots} without Snapshot.");
    }

    /// <summary>What one volume can do is never more than what the engine can do at its best, and traits come with Delta.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Rule_a_volume_can_do_no_more_than_the_engine_at_its_best(VolumeKind kind)
    {
        TestVolume volume = await VolumeAsync(kind);
        Assert.Equal(kind, volume.Info.Kind);
        Assert.Equal(kind == VolumeKind.Block, volume.Info.CapacityBytes is not null);
        EngineCapabilities best = await Engine.GetCapabilitiesAsync(null, Cancel);
        EngineCapabilities own = await Engine.GetCapabilitiesAsync(volume.Ref, Cancel);
        Assert.Equal(EngineCapability.None, own.Flags & ~best.Flags);
        foreach (EngineCapabilities each in new[] { best, own })
        {
            Assert.Equal(each.Has(EngineCapability.Delta), each.Delta is not null);
            Assert.True(each.Has(EngineCapability.Group) || each.MaxGroupSize == 0, "MaxGroupSize is 0 without Group.");
        }
    }

    /// <summary>A feature is the same object each time, and a volume is found again by its location.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Rule_a_volume_is_found_again_by_its_location(VolumeKind kind)
    {
        TestVolume volume = await VolumeAsync(kind);
        Assert.Equal(Engine.Name, volume.Ref.Engine);
        VolumeInfo again = await Engine.ResolveVolumeAsync(volume.Info.Location, Cancel);
        Assert.Equal(volume.Ref, again.Ref);
        Assert.Same(Engine.Feature<ISnapshots>(), Engine.Feature<ISnapshots>());
        Assert.NotEmpty((await Engine.ProbeAsync(Cancel)).Version);
    }

    /// <summary>An offset that is negative or beyond the capacity is out of range, and nothing else is.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Rule_an_offset_outside_the_capacity_is_out_of_range(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        await subject.WriteAsync(0, Content(10));
        SnapshotInfo first = await subject.SnapshotAsync();
        await subject.WriteAsync(5, Content(10));
        SnapshotInfo second = await subject.SnapshotAsync();
        long capacity = (await subject.DeltaAsync(first, second)).CapacityBytes;
        foreach (long offset in new[] { -1, capacity + 1, long.MaxValue, long.MinValue })
        {
            StorageEngineException delta = await FailsAsync(() => subject.DeltaAsync(first, second, offset), $"A delta from offset {offset}");
            Assert.Equal(EngineStatus.OutOfRange, delta.Status);
            if (subject.Capabilities.Has(EngineCapability.Allocated))
            {
                StorageEngineException allocated = await FailsAsync(() => subject.AllocatedAsync(second, offset), $"A map from offset {offset}");
                Assert.Equal(EngineStatus.OutOfRange, allocated.Status);
            }
        }
    }

    /// <summary>What is not there is not found, under whatever call.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Rule_an_unknown_snapshot_is_not_found(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Snapshot);
        SnapshotInfo known = await subject.SnapshotAsync();
        SnapshotInfo victim = await subject.SnapshotAsync();
        await Snapshots.DeleteAsync(victim.Ref, DeleteMode.Everything, Cancel);
        var calls = new List<(string What, Func<Task> Call)> { ("Get", () => Snapshots.GetAsync(victim.Ref, Cancel)) };
        void Add(EngineCapability needed, Func<Task> call)
        {
            if (subject.Capabilities.Has(needed))
            {
                calls.Add((needed.ToString(), call));
            }
        }

        Add(EngineCapability.Delta, () => subject.DeltaAsync(known, victim));
        Add(EngineCapability.Allocated, () => subject.AllocatedAsync(victim));
        Add(EngineCapability.ReadSnapshot, () => subject.ReadAsync(victim));
        Add(EngineCapability.Hold, () => Snapshots.HoldAsync(victim.Ref, "seng-test", Cancel));
        Add(EngineCapability.RollbackInPlace, () => Snapshots.RollbackAsync(victim.Ref, new RollbackOptions(), Cancel));
        foreach ((string what, Func<Task> call) in calls)
        {
            StorageEngineException failure = await FailsAsync(call, $"{what} with a snapshot that is gone");
            Assert.Equal((what, EngineStatus.NotFound), (what, failure.Status));
        }
    }

    /// <summary>An unknown volume and an empty place are not found.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Rule_an_unknown_volume_is_not_found()
    {
        var unknown = new VolumeRef(Engine.Name, "seng-test-no-such-volume");
        StorageEngineException capabilities = await FailsAsync(
            async () => await Engine.GetCapabilitiesAsync(unknown, Cancel), "The capabilities of a volume that is not there");
        Assert.Equal((EngineStatus.NotFound, EngineReason.VolumeMissing), (capabilities.Status, capabilities.Reason));
        BytePath nowhere = BytePath.FromString("/seng-test-no-such-place");
        StorageEngineException resolve = await FailsAsync(async () => await Engine.ResolveVolumeAsync(nowhere, Cancel), "Resolving an empty place");
        Assert.Equal(EngineStatus.NotFound, resolve.Status);
    }

    /// <summary>A token of another engine, or one that was tampered with, is refused and never answered with an empty list.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Rule_a_foreign_token_is_refused(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        SnapshotInfo first = await subject.SnapshotAsync();
        await subject.WriteAsync(5, Content(10));
        SnapshotInfo second = await subject.SnapshotAsync();
        ChangeToken token = BlockSubject.TokenOf(first);
        Assert.Equal(token, ChangeToken.Parse(token.ToString()));
        Assert.Equal((Engine.Name, subject.Volume.Ref.Id), (token.Engine, token.VolumeId));
        foreach (ChangeToken foreign in new[] { token with { Engine = "seng-test" }, token with { Value = "seng-test" }, token with { Value = "" } })
        {
            StorageEngineException failure = await FailsAsync(
                () => ExtentAnswer.CollectAsync(subject.StreamDelta(foreign, second.Ref, 0, 0, Cancel)), $"A delta from {foreign}");
            bool known = failure.Status is EngineStatus.InvalidArgument or EngineStatus.FailedPrecondition or EngineStatus.NotFound;
            Assert.True(known, $"{foreign} was refused with {failure.Status}.");
        }
    }

    /// <summary>A bad name is the caller's mistake, told before anything happens.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Rule_a_bad_snapshot_name_is_an_argument_error(VolumeKind kind)
    {
        TestVolume volume = await VolumeAsync(kind);
        await RequireAsync(volume, EngineCapability.Snapshot);
        foreach (string name in new[] { "", ".hidden", "-rf", "a b", "a/b", "a@b", "a\nb", new string('x', 201) })
        {
            Exception? failure = await Record.ExceptionAsync(() => Snapshots.CreateAsync(new CreateSnapshotRequest(volume.Ref, name), Cancel));
            Assert.True(failure is ArgumentException, $"The name '{name}' gave {failure?.GetType().Name ?? "a snapshot"} instead of an ArgumentException.");
        }

        Assert.Empty(await ListAsync(volume.Ref));
    }

    /// <summary>A plug-in is unloaded after its engines are disposed; a second dispose does no harm.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Rule_dispose_twice_does_no_harm()
    {
        IStorageEngine another = await Fixture.CreateEngineAsync(Cancel);
        await another.ProbeAsync(Cancel);
        Exception? failure = await Record.ExceptionAsync(async () =>
        {
            await another.DisposeAsync();
            await another.DisposeAsync();
        });
        Assert.True(failure is null, $"Disposing twice failed: {failure}");
        Assert.NotEmpty((await Engine.ProbeAsync(Cancel)).Version);
    }

    private void AssertAgree<T>(EngineCapability flags, EngineCapability any)
        where T : class, IEngineFeature
    {
        bool declared = (flags & any) != 0;
        bool there = Engine.Feature<T>() is not null;
        Assert.True(declared == there, $"{any} is {(declared ? "" : "not ")}declared, and {typeof(T).Name} is {(there ? "" : "not ")}there.");
    }
}
