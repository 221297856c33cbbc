namespace StorageEngines.Specification;

/// <summary>Laws 11 to 15: identity is an id, a lineage is a tree, and a question across forks has a defined error, never a guess.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class IdentityTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    /// <summary>Names are labels: under a new name the ids still work.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law11_Ids_still_work_when_the_volume_is_renamed(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(4 * unit));
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        TestVolume? renamed = await Fixture.RenameVolumeAsync(subject.Volume, Cancel);
        Offered(renamed is not null, "rename a volume");
        Assert.Equal(subject.Volume.Ref, renamed!.Ref);
        Assert.Equal(before.Ref, (await Snapshots.GetAsync(before.Ref, Cancel)).Ref);
        var same = new BlockSubject(Fixture, renamed, subject.Path, subject.Capabilities);
        await same.WriteAsync(2 * unit, Content(unit));
        (SnapshotInfo after, byte[] afterBytes) = await same.CutAsync();
        ExtentOracle.AssertRebuilds(beforeBytes, afterBytes, await same.DeltaAsync(before, after), "across a rename of the volume");
    }

    /// <summary>Names are labels, for snapshots too.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law11_Ids_still_work_when_the_snapshot_is_renamed(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        await subject.WriteAsync(0, Content(100));
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        Offered(await Fixture.RenameSnapshotAsync(before.Ref, Fixture.NextName(), Cancel), "rename a snapshot");
        await subject.WriteAsync(50, Content(100));
        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        Assert.Equal(before.Ref, (await Snapshots.GetAsync(before.Ref, Cancel)).Ref);
        ExtentOracle.AssertRebuilds(beforeBytes, afterBytes, await subject.DeltaAsync(before, after), "across a rename of the base");
    }

    /// <summary>Another volume under the same name is another volume; an increment onto the old one's base would be garbage.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law12_A_new_volume_under_an_old_name_is_not_the_old_one(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        await subject.WriteAsync(0, Content(1000));
        SnapshotInfo before = await subject.SnapshotAsync();
        TestVolume? replacement = await Fixture.ReplaceVolumeAsync(subject.Volume, Cancel);
        Offered(replacement is not null, "replace a volume");
        Assert.NotEqual(subject.Volume.Ref, replacement!.Ref);
        StorageEngineException create = await FailsAsync(subject.SnapshotAsync, "A snapshot of a volume that was replaced");
        Assert.Equal(EngineStatus.NotFound, create.Status);
        var other = new BlockSubject(Fixture, replacement, subject.Path, subject.Capabilities);
        await other.WriteAsync(0, Content(1000));
        SnapshotInfo after = await other.SnapshotAsync();
        StorageEngineException delta = await FailsAsync(() => other.DeltaAsync(before, after), "A delta from the old volume to the new one");
        Assert.Equal(Recovery.TakeFull, delta.Recovery);
        Assert.True(delta.Reason is EngineReason.VolumeReplaced or EngineReason.UnrelatedSnapshots, $"The reason is {delta.Reason}.");
        bool said = create.Reason == EngineReason.VolumeReplaced || delta.Reason == EngineReason.VolumeReplaced;
        Assert.True(said, $"Neither failure has the reason VolumeReplaced: {create.Reason} and {delta.Reason}.");
    }

    /// <summary>Base and target of two volumes have no difference to speak of.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law13_A_delta_between_unrelated_snapshots_is_refused(VolumeKind kind)
    {
        BlockSubject one = await SubjectAsync(kind, EngineCapability.Delta);
        BlockSubject two = await SubjectAsync(kind, EngineCapability.Delta);
        await one.WriteAsync(0, Content(1000));
        SnapshotInfo first = await one.SnapshotAsync();
        await two.WriteAsync(0, Content(1000));
        SnapshotInfo second = await two.SnapshotAsync();
        StorageEngineException failure = await FailsAsync(() => two.DeltaAsync(first, second), "A delta between snapshots of two volumes");
        Assert.Equal((EngineStatus.InvalidArgument, EngineReason.UnrelatedSnapshots), (failure.Status, failure.Reason));
        Assert.Equal(Recovery.TakeFull, failure.Recovery);
    }

    /// <summary>A base that is newer than its target is a mistake of the caller, and told as such.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law13_A_delta_in_the_wrong_order_is_refused(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        await subject.WriteAsync(0, Content(1000));
        SnapshotInfo older = await subject.SnapshotAsync();
        await subject.WriteAsync(500, Content(1000));
        SnapshotInfo newer = await subject.SnapshotAsync();
        StorageEngineException failure = await FailsAsync(() => subject.DeltaAsync(newer, older), "A delta from newer to older");
        Assert.Equal((EngineStatus.InvalidArgument, EngineReason.WrongOrder), (failure.Status, failure.Reason));
    }

    /// <summary>A clone begins a lineage of its own.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law13_A_clone_is_unrelated_to_its_source_until_it_has_snapshots_of_its_own(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta | EngineCapability.Clone);
        BytePath? location = Fixture.NewLocation(kind);
        Offered(location is not null, "a place for a clone");
        await subject.WriteAsync(0, Content(1000));
        (SnapshotInfo source, byte[] bytes) = await subject.CutAsync();
        VolumeInfo clone = await Snapshots.CloneAsync(source.Ref, location!.Value, null, Cancel);
        Assert.NotEqual(subject.Volume.Ref, clone.Ref);
        SnapshotInfo cloned = await Snapshots.CreateAsync(new CreateSnapshotRequest(clone.Ref, Fixture.NextName()), Cancel);
        StorageEngineException failure = await FailsAsync(() => subject.DeltaAsync(source, cloned), "A delta from a snapshot to its clone's");
        Assert.Equal(EngineReason.UnrelatedSnapshots, failure.Reason);
        if (subject.Capabilities.Has(EngineCapability.ReadSnapshot))
        {
            byte[] copy = await subject.ReadAsync(cloned);
            ExtentOracle.AssertSame(bytes, copy, "The clone's content");
        }
    }

    /// <summary>Some storages need the base's data and some only an anchor; each has to say which, and keep its word.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law14_A_delta_from_a_deleted_base_works_or_says_base_missing(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(6 * unit));
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        await subject.WriteAsync(unit, Content(unit));
        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        await Snapshots.DeleteAsync(before.Ref, DeleteMode.Everything, Cancel);
        ExtentAnswer? answer = null;
        Exception? failure = await Record.ExceptionAsync(async () => answer = await subject.DeltaAsync(before, after));
        if (answer is not null)
        {
            Assert.False(subject.Traits.BaseDataMustExist, "The base's data is gone and is declared to be needed, yet there is an answer.");
            ExtentOracle.AssertRebuilds(beforeBytes, afterBytes, answer, "from a deleted base");
            return;
        }

        StorageEngineException refusal = Assert.IsType<StorageEngineException>(failure, exactMatch: false);
        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.BaseMissing), (refusal.Status, refusal.Reason));
        Assert.Equal(Recovery.TakeFull, refusal.Recovery);
    }

    /// <summary>Where the data alone can be deleted, the delta goes on and the reader says that nothing is there to read.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law14_A_delta_from_a_base_without_data_works(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta | EngineCapability.DeleteDataOnly);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(6 * unit));
        (SnapshotInfo before, byte[] beforeBytes) = await subject.CutAsync();
        await subject.WriteAsync(unit, Content(unit));
        await Snapshots.DeleteAsync(before.Ref, DeleteMode.DataOnly, Cancel);
        Assert.Equal(SnapshotState.MetadataOnly, (await Snapshots.GetAsync(before.Ref, Cancel)).State);
        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        ExtentOracle.AssertRebuilds(beforeBytes, afterBytes, await subject.DeltaAsync(before, after), "from a base without data");
        if (subject.Capabilities.Has(EngineCapability.ReadSnapshot))
        {
            StorageEngineException gone = await FailsAsync(() => subject.ReadAsync(before), "Reading a snapshot whose data is gone");
            Assert.Equal(EngineStatus.NotFound, gone.Status);
        }
    }

    /// <summary>A roll back forks the lineage: what was written before it and lost is part of no delta after it.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law15_A_delta_after_a_roll_back_has_no_stale_lineage(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Delta | EngineCapability.RollbackInPlace);
        int unit = await UnitAsync();
        await subject.WriteAsync(0, Content(6 * unit));
        (SnapshotInfo kept, byte[] keptBytes) = await subject.CutAsync();
        await subject.WriteAsync(unit, Content(unit));
        (SnapshotInfo lost, byte[] lostBytes) = await subject.CutAsync();
        await Snapshots.RollbackAsync(kept.Ref, new RollbackOptions(DestroyNewer: true), Cancel);
        byte[] live = await subject.LiveAsync();
        ExtentOracle.AssertSame(keptBytes, live, "The volume after the roll back");
        await subject.WriteAsync(4 * unit, Content(unit));
        (SnapshotInfo after, byte[] afterBytes) = await subject.CutAsync();
        ExtentOracle.AssertRebuilds(keptBytes, afterBytes, await subject.DeltaAsync(kept, after), "from the snapshot rolled back to");
        ExtentAnswer? answer = null;
        Exception? failure = await Record.ExceptionAsync(async () => answer = await subject.DeltaAsync(lost, after));
        if (answer is not null)
        {
            ExtentOracle.AssertRebuilds(lostBytes, afterBytes, answer, "from the branch that was rolled back");
            return;
        }

        StorageEngineException refusal = Assert.IsType<StorageEngineException>(failure, exactMatch: false);
        Assert.Equal(Recovery.TakeFull, refusal.Recovery);
    }
}
