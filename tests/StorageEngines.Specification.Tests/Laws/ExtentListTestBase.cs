namespace StorageEngines.Specification;

/// <summary>Laws 1, 2, 3 and 27: the shape of every list of extents.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class ExtentListTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    /// <summary>Unsorted extents broke a whole fleet of restores; a list is ascending, disjoint, positive and inside the capacity.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law01_Extents_are_ascending_disjoint_positive_and_inside_the_capacity(VolumeKind kind)
    {
        (BlockSubject subject, SnapshotInfo baseSnapshot, SnapshotInfo target) = await ScatteredAsync(kind);
        ExtentAnswer delta = await subject.DeltaAsync(baseSnapshot, target);
        ExtentOracle.AssertWellFormed(delta);
        bool apart = delta.Extents.Count > 1 || delta.Batches[0].Exactness == Exactness.Superset;
        Assert.True(apart, $"Changes lie apart, and an answer that says Exact joins them: {delta}");
        if (subject.Capabilities.Has(EngineCapability.Allocated))
        {
            ExtentOracle.AssertAllocated(await subject.LiveAsync(), await subject.AllocatedAsync(target));
        }
    }

    /// <summary>An offset that was not aligned lost the rest of an object; whatever the offset, the answer goes on where it says.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law02_An_answer_resumed_at_any_offset_is_the_rest_of_the_whole_one(VolumeKind kind)
    {
        (BlockSubject subject, SnapshotInfo baseSnapshot, SnapshotInfo target) = await ScatteredAsync(kind);
        ExtentAnswer whole = await subject.DeltaAsync(baseSnapshot, target);
        await AssertResumesAsync(whole, offset => subject.DeltaAsync(baseSnapshot, target, offset, 1));
        if (subject.Capabilities.Has(EngineCapability.Allocated))
        {
            await AssertResumesAsync(await subject.AllocatedAsync(target), offset => subject.AllocatedAsync(target, offset, 1));
        }
    }

    /// <summary>A resume after the last extent is no error: at the capacity the answer is complete and empty.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law02_An_answer_resumed_at_the_capacity_is_complete_and_empty(VolumeKind kind)
    {
        (BlockSubject subject, SnapshotInfo baseSnapshot, SnapshotInfo target) = await ScatteredAsync(kind);
        ExtentAnswer whole = await subject.DeltaAsync(baseSnapshot, target);
        ExtentAnswer rest = await subject.DeltaAsync(baseSnapshot, target, whole.CapacityBytes);
        Assert.Empty(rest.Extents);
        Assert.Equal(whole.CapacityBytes, rest.CapacityBytes);
    }

    /// <summary>A batch never has more than was asked for, and all but the extents is the same in every batch.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <param name="maxResults">The most extents in a batch.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block, 1)]
    [InlineData(VolumeKind.Block, 2)]
    [InlineData(VolumeKind.Block, 1000)]
    [InlineData(VolumeKind.Tree, 1)]
    [InlineData(VolumeKind.Tree, 2)]
    public async Task Law03_Batches_hold_no_more_than_asked_for_and_agree_on_all_else(VolumeKind kind, int maxResults)
    {
        (BlockSubject subject, SnapshotInfo baseSnapshot, SnapshotInfo target) = await ScatteredAsync(kind);
        ExtentAnswer whole = await subject.DeltaAsync(baseSnapshot, target);
        ExtentAnswer batched = await subject.DeltaAsync(baseSnapshot, target, 0, maxResults);
        ExtentOracle.AssertWellFormed(batched, maxResults);
        AssertCovers(whole, batched, 0);
    }

    /// <summary>An answer without a batch hides the capacity: even no difference has one.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law03_An_empty_answer_has_a_batch_with_the_capacity(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        (SnapshotInfo first, byte[] bytes) = await subject.CutAsync();
        SnapshotInfo second = await subject.SnapshotAsync();
        ExtentAnswer answer = await subject.DeltaAsync(first, second);
        ExtentOracle.AssertRebuilds(bytes, bytes, answer, "nothing changed");
    }

    /// <summary>Consumers align outward by what is declared, so it has to be true.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law27_The_declared_granularity_and_style_are_true(VolumeKind kind)
    {
        (BlockSubject subject, SnapshotInfo baseSnapshot, SnapshotInfo target) = await ScatteredAsync(kind);
        ExtentAnswer answer = await subject.DeltaAsync(baseSnapshot, target);
        Assert.True(subject.Traits.GranularityBytes >= 1, "The granularity is 1 byte or more.");
        ExtentOracle.AssertAligned(answer, subject.Traits.GranularityBytes);
        Assert.Equal(subject.Traits.Style, answer.Batches[0].Style);
        bool exact = subject.Traits.Exactness == Exactness.Superset || answer.Batches[0].Exactness == Exactness.Exact;
        Assert.True(exact, "The engine declares Exact, and the answer says Superset.");
        int max = subject.Traits.MaxResults;
        Assert.True(max == 0 || answer.Batches.All(batch => batch.Extents.Count <= max), $"A batch has more than the declared {max} extents.");
    }

    /// <summary>Makes changes that lie apart: single bytes, whole units, the first and the last byte.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>The subject and the snapshots before and after.</returns>
    private async Task<(BlockSubject Subject, SnapshotInfo Base, SnapshotInfo Target)> ScatteredAsync(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta, 24);
        int unit = await UnitAsync();
        await subject.WriteAsync(2 * unit, Content(8 * unit));
        SnapshotInfo baseSnapshot = await subject.SnapshotAsync();
        foreach (long at in new long[] { 0, (3 * unit) + 7, (6 * unit) - 1, 9 * unit, (13 * unit) + 100, (24 * unit) - 1 })
        {
            await subject.WriteAsync(at, Content(1));
        }

        await subject.WriteAsync(17 * unit, Content(2 * unit));
        return (subject, baseSnapshot, await subject.SnapshotAsync());
    }

    private static async Task AssertResumesAsync(ExtentAnswer whole, Func<long, Task<ExtentAnswer>> resume)
    {
        var offsets = new SortedSet<long> { 0, 1, whole.CapacityBytes / 2, whole.CapacityBytes - 1 };
        foreach (Extent extent in whole.Extents)
        {
            offsets.UnionWith([extent.Offset, extent.Offset + (extent.Length / 2), extent.End - 1, extent.End]);
        }

        foreach (long offset in offsets)
        {
            ExtentAnswer rest = await resume(offset);
            ExtentOracle.AssertWellFormed(rest, 1);
            bool begins = rest.Extents.Count == 0 || rest.Extents[0].End > offset;
            Assert.True(begins, $"Resumed at {offset}, the first extent {rest.Extents.FirstOrDefault()} ends at or before it.");
            AssertCovers(whole, rest, offset);
        }
    }

    /// <summary>Asserts that two answers list the same bytes with the same state from an offset on.</summary>
    private static void AssertCovers(ExtentAnswer whole, ExtentAnswer rest, long offset)
    {
        byte[] expected = Map(whole, offset);
        byte[] actual = Map(rest, offset);
        ExtentOracle.AssertSame(expected, actual, $"Resumed at {offset}, the answer is not the rest of the whole one.\nwhole: {whole}\nrest: {rest}");
    }

    private static byte[] Map(ExtentAnswer answer, long offset)
    {
        var map = new byte[answer.CapacityBytes];
        foreach (Extent extent in answer.Extents)
        {
            map.AsSpan((int)extent.Offset, (int)extent.Length).Fill((byte)(1 + (int)extent.State));
        }

        map.AsSpan(0, (int)Math.Min(offset, answer.CapacityBytes)).Clear();
        return map;
    }
}
