namespace StorageEngines.Specification;

/// <summary>Laws 4 to 9: base + changed extents = target, byte for byte, whatever happened between the two.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class DeltaTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    /// <summary>All catastrophic bugs were missing ranges; this is the rule that decides everything.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law04_Base_plus_delta_rebuilds_target(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(9 * unit));
        (SnapshotInfo baseSnapshot, byte[] baseBytes) = await subject.CutAsync();
        await subject.WriteAsync(unit / 2, Content(unit));
        await subject.WriteAsync((5 * unit) + 1, Content(1));
        await subject.WriteAsync(12 * unit, Content(unit));
        await subject.WriteAsync((16 * unit) - 3, Content(3));
        (SnapshotInfo target, byte[] targetBytes) = await subject.CutAsync();
        ExtentOracle.AssertRebuilds(baseBytes, targetBytes, await subject.DeltaAsync(baseSnapshot, target), "scattered writes");
    }

    /// <summary>What comes in one pass with its bytes is the same difference, and its bytes are those of the target.</summary>
    /// <returns>A task that ends with the law.</returns>
    [Fact]
    public async Task Law04_Base_plus_changed_data_is_target_in_one_pass()
    {
        BlockSubject subject = await SubjectAsync(VolumeKind.Block, EngineCapability.ChangedData);
        int unit = await UnitAsync();
        await subject.WriteAsync(unit, Content(9 * unit));
        (SnapshotInfo baseSnapshot, byte[] baseBytes) = await subject.CutAsync();
        (byte[] whole, ExtentAnswer all) = await subject.ChangedDataAsync(null, [], baseSnapshot);
        ExtentOracle.AssertSame(baseBytes, whole, "The whole of a snapshot in one pass");
        ExtentOracle.AssertAllocated(baseBytes, all);
        await subject.WriteAsync(unit / 2, Content(unit));
        await subject.WriteAsync(5 * unit, Content(1));
        _ = await subject.DiscardAsync(8 * unit, unit);
        await subject.WriteAsync((16 * unit) - 3, Content(3));
        (SnapshotInfo target, byte[] targetBytes) = await subject.CutAsync();
        (byte[] copy, ExtentAnswer answer) = await subject.ChangedDataAsync(baseSnapshot, baseBytes, target);
        ExtentOracle.AssertSame(targetBytes, copy, $"base + changed data is not the target; the answer was: {answer}");
        ExtentOracle.AssertRebuilds(baseBytes, targetBytes, answer, "the extents of what changed");
        (byte[] same, _) = await subject.ChangedDataAsync(target, targetBytes, target);
        ExtentOracle.AssertSame(targetBytes, same, "A snapshot and what changed since itself");
    }

    /// <summary>The reader gives the bytes of the snapshot, not those of the live volume.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law04_The_reader_gives_the_bytes_of_the_snapshot(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.ReadSnapshot);
        int unit = await UnitAsync();
        await subject.WriteAsync(unit + 5, Content(3 * unit));
        (SnapshotInfo snapshot, byte[] bytes) = await subject.CutAsync();
        await subject.WriteAsync(0, Content(8 * unit));
        byte[] read = await subject.ReadAsync(snapshot);
        ExtentOracle.AssertSame(bytes, read, "The snapshot's bytes");
    }

    /// <summary>Dropped zeroes left random data on restore; zeroes given as data left thick disks. What is said to be zero is zero.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law05_Extents_said_to_be_zero_read_as_zeroes(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(8 * unit));
        (SnapshotInfo baseSnapshot, byte[] baseBytes) = await subject.CutAsync();
        await subject.WriteAsync(0, new byte[2 * unit]);
        await subject.WriteAsync(4 * unit, Content(unit));
        _ = await subject.DiscardAsync(6 * unit, unit);
        (SnapshotInfo target, byte[] targetBytes) = await subject.CutAsync();
        ExtentAnswer answer = await subject.DeltaAsync(baseSnapshot, target);
        ExtentOracle.AssertZeroesAreZero(targetBytes, answer);
        ExtentOracle.AssertRebuilds(baseBytes, targetBytes, answer, "zeroes written over data");
    }

    /// <summary>A snapshot does not differ from itself.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law06_The_delta_of_a_snapshot_to_itself_is_empty(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        await subject.WriteAsync(0, Content(2 * await UnitAsync()));
        SnapshotInfo snapshot = await subject.SnapshotAsync();
        Assert.Empty((await subject.DeltaAsync(snapshot, snapshot)).Extents);
    }

    /// <summary>What changed and changed again is there whatever snapshots stand between.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law07_A_delta_across_snapshots_in_between_misses_nothing(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        Assert.SkipWhen(subject.Traits.NeedsAdjacentSnapshots, "not declared: deltas between snapshots that are not adjacent");
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(4 * unit));
        var cuts = new List<(SnapshotInfo Snapshot, byte[] Bytes)> { await subject.CutAsync() };
        for (int step = 1; step <= 4; step++)
        {
            await subject.WriteAsync((2 * step * unit) + step, Content(unit));
            cuts.Add(await subject.CutAsync());
        }

        for (int from = 0; from < cuts.Count; from++)
        {
            for (int to = from; to < cuts.Count; to++)
            {
                ExtentAnswer answer = await subject.DeltaAsync(cuts[from].Snapshot, cuts[to].Snapshot);
                ExtentOracle.AssertRebuilds(cuts[from].Bytes, cuts[to].Bytes, answer, $"from cut {from} to cut {to}");
            }
        }
    }

    /// <summary>Tracking went wrong when a disk grew, restores overflowed when one shrank, and odd tails were lost.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <param name="grow">Whole units to add (or take away), in units of the granularity.</param>
    /// <param name="tail">Bytes to add besides.</param>
    /// <param name="thenWrite">Whether to write to the last byte afterwards.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block, 4, 0, false)]
    [InlineData(VolumeKind.Block, 4, 0, true)]
    [InlineData(VolumeKind.Block, -6, 0, false)]
    [InlineData(VolumeKind.Block, 0, 513, true)]
    [InlineData(VolumeKind.Block, -3, 1000, true)]
    [InlineData(VolumeKind.Tree, 4, 0, false)]
    [InlineData(VolumeKind.Tree, 4, 0, true)]
    [InlineData(VolumeKind.Tree, -6, 0, false)]
    [InlineData(VolumeKind.Tree, 0, 513, true)]
    [InlineData(VolumeKind.Tree, -3, 1000, false)]
    [InlineData(VolumeKind.Tree, -16, 0, false)]
    public async Task Law08_Base_plus_delta_rebuilds_target_when_the_size_changed(VolumeKind kind, int grow, int tail, bool thenWrite)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        Assert.SkipUnless(subject.Traits.SurvivesResize, "not declared: deltas across a change of size");
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(16 * unit));
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        long size = ((16 + grow) * (long)unit) + tail;
        Offered(await subject.ResizeAsync(size), $"resize to {size} bytes");
        if (thenWrite)
        {
            await subject.WriteAsync(size - 1, Content(1));
        }

        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        Assert.Equal(size, afterBytes.LongLength);
        ExtentOracle.AssertRebuilds(beforeBytes, afterBytes, await subject.DeltaAsync(before, after), $"{beforeBytes.Length} to {size} bytes");
    }

    /// <summary>Cut and extended again between two snapshots, the size is the same and the old bytes are gone.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law08_A_cut_and_an_extension_between_snapshots_are_a_change(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        Assert.SkipUnless(subject.Traits.SurvivesResize, "not declared: deltas across a change of size");
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(16 * unit));
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        Offered(await subject.ResizeAsync(5 * unit), "resize");
        Offered(await subject.ResizeAsync(16 * unit), "resize");
        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        ExtentOracle.AssertRebuilds(beforeBytes, afterBytes, await subject.DeltaAsync(before, after), "cut and extended");
    }

    /// <summary>A discard is a change; told as data it made a 38 GB increment, dropped it left garbage on restore.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law09_A_discard_is_a_change_and_zero_where_that_is_promised(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(12 * unit));
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        Offered(await subject.DiscardAsync(4 * unit, 3 * unit), "discard");
        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        ExtentAnswer answer = await subject.DeltaAsync(before, after);
        ExtentOracle.AssertRebuilds(beforeBytes, afterBytes, answer, "discarded");
        if (subject.Traits.ReportsZeroes)
        {
            bool asData = answer.Extents.Any(extent => extent.State == ExtentState.Data && extent.Offset < 7 * unit && extent.End > 4 * unit);
            Assert.False(asData, $"The engine promises to report zeroes; the discarded range came as data: {answer}");
        }
    }
}
