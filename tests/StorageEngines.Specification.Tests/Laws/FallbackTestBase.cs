namespace StorageEngines.Specification;

/// <summary>Law 24: changed, then allocated, then all: only as the caller's policy allows, and never silently.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class FallbackTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    /// <summary>Where there is a delta, the ladder gives it and nothing else.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <param name="policy">The caller's policy.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block, FallbackPolicy.Fail)]
    [InlineData(VolumeKind.Block, FallbackPolicy.AllocatedThenFull)]
    [InlineData(VolumeKind.Tree, FallbackPolicy.Fail)]
    [InlineData(VolumeKind.Tree, FallbackPolicy.AllocatedThenFull)]
    public async Task Law24_A_delta_that_is_there_is_given_under_every_policy(VolumeKind kind, FallbackPolicy policy)
    {
        (BlockSubject subject, SnapshotInfo before, SnapshotInfo after) = await ChangedAsync(kind);
        ExtentAnswer direct = await subject.DeltaAsync(before, after);
        ExtentAnswer ladder = await LadderAsync(subject, BlockSubject.TokenOf(before), after, policy);
        Assert.Equal(direct.Extents, ladder.Extents);
        Assert.Equal(direct.Batches[0].Source, ladder.Batches[0].Source);
        Assert.NotEqual(ChangeSource.NativeAllocated, direct.Batches[0].Source);
    }

    /// <summary>The whole volume, told as an exact delta, is a silent downgrade: what says exact lists only what differs.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law24_An_answer_that_says_exact_lists_only_what_differs(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(10 * unit));
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        await subject.WriteAsync(3 * unit, Content(unit));
        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        ExtentAnswer answer = await subject.DeltaAsync(before, after);
        Assert.SkipWhen(answer.Batches[0].Exactness == Exactness.Superset, "not declared: Exact");
        Assert.False(answer.Batches[0].Source == ChangeSource.FullScan, "A full scan is never exact.");
        long grain = subject.Traits.GranularityBytes;
        foreach (Extent extent in answer.Extents)
        {
            for (long at = extent.Offset / grain * grain; at < extent.End; at += grain)
            {
                int length = (int)Math.Min(grain, afterBytes.Length - at);
                bool same = beforeBytes.AsSpan((int)at, length).SequenceEqual(afterBytes.AsSpan((int)at, length));
                Assert.False(same, $"The answer says Exact, and nothing differs in the {length} bytes at {at}: {answer}");
            }
        }
    }

    /// <summary>Where there is no delta, the default is to fail.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law24_Without_a_delta_the_default_policy_fails(VolumeKind kind)
    {
        (BlockSubject subject, _, SnapshotInfo after) = await ChangedAsync(kind);
        SnapshotInfo unrelated = await (await SubjectAsync(kind, EngineCapability.Delta)).SnapshotAsync();
        StorageEngineException failure = await FailsAsync(
            () => LadderAsync(subject, BlockSubject.TokenOf(unrelated), after, FallbackPolicy.Fail), "The ladder without a delta");
        Assert.Equal(Recovery.TakeFull, failure.Recovery);
    }

    /// <summary>A fallback that is allowed says what it is, and is right whatever the base holds.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <param name="policy">The caller's policy.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block, FallbackPolicy.Allocated)]
    [InlineData(VolumeKind.Block, FallbackPolicy.AllocatedThenFull)]
    [InlineData(VolumeKind.Tree, FallbackPolicy.Allocated)]
    [InlineData(VolumeKind.Tree, FallbackPolicy.AllocatedThenFull)]
    public async Task Law24_A_fallback_that_is_allowed_is_reported_and_right(VolumeKind kind, FallbackPolicy policy)
    {
        (BlockSubject subject, _, SnapshotInfo after) = await ChangedAsync(kind);
        bool allocated = subject.Capabilities.Has(EngineCapability.Allocated);
        Assert.SkipWhen(!allocated && policy == FallbackPolicy.Allocated, "not declared: Allocated");
        SnapshotInfo unrelated = await (await SubjectAsync(kind, EngineCapability.Delta)).SnapshotAsync();
        ExtentAnswer answer = await LadderAsync(subject, BlockSubject.TokenOf(unrelated), after, policy);
        ExtentOracle.AssertWellFormed(answer);
        ChangeSource source = answer.Batches[0].Source;
        Assert.True(source is ChangeSource.NativeAllocated or ChangeSource.FullScan, $"A fallback says that it is {source}.");
        byte[] target = await subject.LiveAsync();
        byte[] anything = Content(target.Length);
        byte[] copy = ExtentOracle.Apply(anything, target, answer.Extents);
        ExtentOracle.AssertSame(target, copy, $"Anything + the fallback's extents is not the target: {answer}");
    }

    /// <summary>Tracking that dies quietly is the worst: what was lost is said, and never answered with an empty list.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law24_Lost_tracking_is_said_and_never_an_empty_answer(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(4 * unit));
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        Offered(await Fixture.LoseChangeTrackingAsync(subject.Volume, Cancel), "lose the change tracking");
        await subject.WriteAsync(unit, Content(unit));
        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        ExtentAnswer? answer = null;
        Exception? failure = await Record.ExceptionAsync(async () => answer = await subject.DeltaAsync(before, after));
        if (answer is not null)
        {
            ExtentOracle.AssertRebuilds(beforeBytes, afterBytes, answer, "across lost tracking");
            return;
        }

        StorageEngineException refusal = Assert.IsType<StorageEngineException>(failure, exactMatch: false);
        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.ChangeTrackingLost), (refusal.Status, refusal.Reason));
        Assert.Equal(Recovery.TakeFull, refusal.Recovery);
    }

    private Task<ExtentAnswer> LadderAsync(BlockSubject subject, ChangeToken token, SnapshotInfo target, FallbackPolicy policy)
    {
        var options = new ChangeLadderOptions { Fallback = policy, Path = subject.Path };
        return ExtentAnswer.CollectAsync(ChangeLadder.QueryAsync(Engine, token, target.Ref, options, Cancel));
    }

    private async Task<(BlockSubject Subject, SnapshotInfo Before, SnapshotInfo After)> ChangedAsync(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        int unit = await UnitAsync();
        await subject.WriteAsync(unit, Content(4 * unit));
        SnapshotInfo before = await subject.SnapshotAsync();
        await subject.WriteAsync(3 * unit, Content(4 * unit));
        return (subject, before, await subject.SnapshotAsync());
    }
}
