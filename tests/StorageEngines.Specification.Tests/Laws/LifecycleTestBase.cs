namespace StorageEngines.Specification;

/// <summary>Law 16 and the rules around it: creating, deleting, holding and rolling back can be repeated and name exactly one thing.</summary>
/// <typeparam name="TFixture">The engine's fixture.</typeparam>
/// <param name="fixture">The fixture; xunit hands it in.</param>
public abstract class LifecycleTestBase<TFixture>(TFixture fixture) : SpecificationTestBase<TFixture>(fixture)
    where TFixture : EngineFixture
{
    /// <summary>An ambiguous time-out leaked 14 of 50 snapshots; the same call again returns the snapshot that is there.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_Create_twice_returns_the_same_snapshot(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Snapshot);
        var labels = new Dictionary<string, string> { ["purpose"] = "law 16" };
        var request = new CreateSnapshotRequest(subject.Volume.Ref, Fixture.NextName()) { Labels = labels };
        SnapshotInfo first = await Snapshots.CreateAsync(request, Cancel);
        await subject.WriteAsync(0, Content(100));
        SnapshotInfo second = first;
        Exception? failure = await Record.ExceptionAsync(async () => second = await Snapshots.CreateAsync(request, Cancel));
        Assert.True(failure is null, $"The same call again failed instead of returning the snapshot that is there: {failure}");
        Assert.Equal(first.Ref, second.Ref);
        Assert.Equal(request.Name, second.Ref.Name);
        Assert.Equal(labels, second.Labels);
        SnapshotInfo only = Assert.Single(await ListAsync(subject.Volume.Ref));
        Assert.Equal(first.Ref, only.Ref);
    }

    /// <summary>The same name on another volume is another snapshot.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_Create_with_the_same_name_on_another_volume_is_another_snapshot(VolumeKind kind)
    {
        BlockSubject one = await SubjectAsync(kind, EngineCapability.Snapshot);
        BlockSubject two = await SubjectAsync(kind, EngineCapability.Snapshot);
        string name = Fixture.NextName();
        SnapshotInfo first = await Snapshots.CreateAsync(new CreateSnapshotRequest(one.Volume.Ref, name), Cancel);
        SnapshotInfo second = await Snapshots.CreateAsync(new CreateSnapshotRequest(two.Volume.Ref, name), Cancel);
        Assert.NotEqual(first.Ref, second.Ref);
        Assert.Equal(two.Volume.Ref, second.Ref.Volume);
        Assert.Equal(first.Ref, Assert.Single(await ListAsync(one.Volume.Ref)).Ref);
        Assert.Equal(second.Ref, Assert.Single(await ListAsync(two.Volume.Ref)).Ref);
    }

    /// <summary>Deleting what is gone is no error, and deletes nothing else.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_Delete_twice_is_no_error_and_deletes_one_snapshot(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Snapshot);
        SnapshotInfo first = await subject.SnapshotAsync();
        await subject.WriteAsync(0, Content(100));
        SnapshotInfo second = await subject.SnapshotAsync();
        await subject.WriteAsync(50, Content(100));
        SnapshotInfo third = await subject.SnapshotAsync();
        Exception? failure = await Record.ExceptionAsync(async () =>
        {
            await Snapshots.DeleteAsync(second.Ref, DeleteMode.Everything, Cancel);
            await Snapshots.DeleteAsync(second.Ref, DeleteMode.Everything, Cancel);
        });
        Assert.True(failure is null, $"Deleting twice failed: {failure}");
        Assert.Equal([first.Ref, third.Ref], (await ListAsync(subject.Volume.Ref)).Select(snapshot => snapshot.Ref));
        StorageEngineException missing = await FailsAsync(() => Snapshots.GetAsync(second.Ref, Cancel), "Getting a deleted snapshot");
        Assert.Equal((EngineStatus.NotFound, EngineReason.SnapshotMissing), (missing.Status, missing.Reason));
    }

    /// <summary>A name that was deleted can be given again, to a new snapshot with a new id.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_A_name_given_again_after_deletion_is_a_new_snapshot(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Snapshot);
        var request = new CreateSnapshotRequest(subject.Volume.Ref, Fixture.NextName());
        SnapshotInfo first = await Snapshots.CreateAsync(request, Cancel);
        await Snapshots.DeleteAsync(first.Ref, DeleteMode.Everything, Cancel);
        SnapshotInfo second = await Snapshots.CreateAsync(request, Cancel);
        Assert.NotEqual(first.Ref.Id, second.Ref.Id);
        Assert.Equal(second.Ref, Assert.Single(await ListAsync(subject.Volume.Ref)).Ref);
    }

    /// <summary>A hold keeps a snapshot until it is released, and says who holds it.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_A_hold_forbids_deletion_until_it_is_released(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Hold);
        SnapshotInfo snapshot = await subject.SnapshotAsync();
        await Snapshots.HoldAsync(snapshot.Ref, "seng-test", Cancel);
        await Snapshots.HoldAsync(snapshot.Ref, "seng-test", Cancel);
        Assert.Equal(["seng-test"], (await Snapshots.GetAsync(snapshot.Ref, Cancel)).Holds);
        StorageEngineException held = await FailsAsync(() => Snapshots.DeleteAsync(snapshot.Ref, DeleteMode.Everything, Cancel), "Deleting a held snapshot");
        Assert.Equal((EngineStatus.FailedPrecondition, EngineReason.HeldByOther), (held.Status, held.Reason));
        Assert.Contains("seng-test", Assert.IsType<SnapshotInUseException>(held).Blockers);
        await Snapshots.ReleaseAsync(snapshot.Ref, "seng-test", Cancel);
        await Snapshots.ReleaseAsync(snapshot.Ref, "seng-test", Cancel);
        Assert.Empty((await Snapshots.GetAsync(snapshot.Ref, Cancel)).Holds);
        Exception? failure = await Record.ExceptionAsync(() => Snapshots.DeleteAsync(snapshot.Ref, DeleteMode.Everything, Cancel));
        Assert.True(failure is null, $"The hold was released, and deletion still fails: {failure}");
    }

    /// <summary>A roll back destroys nothing that it was not told to.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_A_roll_back_destroys_no_newer_snapshot_unless_told_to(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.RollbackInPlace);
        await subject.WriteAsync(0, Content(1000));
        (SnapshotInfo first, byte[] firstBytes) = await subject.CutAsync();
        await subject.WriteAsync(500, Content(1000));
        SnapshotInfo second = await subject.SnapshotAsync();
        byte[] before = await subject.LiveAsync();
        Exception? failure = await Record.ExceptionAsync(() => Snapshots.RollbackAsync(first.Ref, new RollbackOptions(), Cancel));
        Assert.Contains(second.Ref, (await ListAsync(subject.Volume.Ref)).Select(snapshot => snapshot.Ref));
        byte[] live = await subject.LiveAsync();
        if (failure is null)
        {
            ExtentOracle.AssertSame(firstBytes, live, "The volume after the roll back");
            return;
        }

        Assert.Equal(EngineReason.NewerSnapshotsExist, Assert.IsType<SnapshotInUseException>(failure).Reason);
        ExtentOracle.AssertSame(before, live, "The volume after a roll back that was refused");
    }

    /// <summary>A roll back with a safety snapshot loses nothing.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_A_roll_back_with_a_safety_snapshot_keeps_the_present(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.RollbackInPlace | EngineCapability.ReadSnapshot);
        await subject.WriteAsync(0, Content(1000));
        (SnapshotInfo first, byte[] firstBytes) = await subject.CutAsync();
        await subject.WriteAsync(500, Content(1000));
        byte[] present = await subject.LiveAsync();
        string safety = Fixture.NextName();
        Exception? failure = await Record.ExceptionAsync(() => Snapshots.RollbackAsync(first.Ref, new RollbackOptions(false, safety), Cancel));
        Assert.SkipWhen(failure is SnapshotInUseException, "not declared: a roll back that keeps newer snapshots");
        Assert.True(failure is null, $"The roll back failed: {failure}");
        byte[] live = await subject.LiveAsync();
        ExtentOracle.AssertSame(firstBytes, live, "The volume after the roll back");
        SnapshotInfo kept = Assert.Single(await ListAsync(subject.Volume.Ref, safety));
        byte[] keptBytes = await subject.ReadAsync(kept);
        ExtentOracle.AssertSame(present, keptBytes, "The safety snapshot");
    }

    /// <summary>Oldest first, by prefix, every one once, and each the same as when it is asked for by id.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_A_list_is_complete_ordered_and_agrees_with_get(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Snapshot);
        var made = new List<SnapshotRef>();
        foreach (string name in new[] { "b-2", "a-1", "b-1" })
        {
            await subject.WriteAsync(0, Content(10));
            made.Add((await Snapshots.CreateAsync(new CreateSnapshotRequest(subject.Volume.Ref, name), Cancel)).Ref);
        }

        List<SnapshotInfo> all = await ListAsync(subject.Volume.Ref);
        Assert.Equal(made, all.Select(snapshot => snapshot.Ref));
        Assert.Equal([made[0], made[2]], (await ListAsync(subject.Volume.Ref, "b-")).Select(snapshot => snapshot.Ref));
        foreach (SnapshotInfo listed in all)
        {
            SnapshotInfo got = await Snapshots.GetAsync(listed.Ref, Cancel);
            Assert.Equal(
                (listed.Ref, listed.CreatedAt, listed.SizeBytes, listed.State, listed.ChangeToken),
                (got.Ref, got.CreatedAt, got.SizeBytes, got.State, got.ChangeToken));
        }
    }

    /// <summary>A volume is listed within its place and within the place above, and not within another one.</summary>
    /// <param name="kind">The kind of volume.</param>
    /// <returns>A task that ends with the law.</returns>
    [Theory]
    [InlineData(VolumeKind.Block)]
    [InlineData(VolumeKind.Tree)]
    public async Task Law16_A_volume_is_listed_within_its_place_only(VolumeKind kind)
    {
        BlockSubject subject = await SubjectAsync(kind, EngineCapability.Snapshot);
        await subject.SnapshotAsync();
        VolumeInfo volume = Assert.Single(await Engine.ListVolumesAsync(Cancel).ToListAsync(Cancel), each => each.Ref == subject.Volume.Ref);
        byte[] location = volume.Location.Bytes.ToArray();
        List<byte[]> places = [location, [.. location, (byte)'/'], location[..Math.Max(0, Array.LastIndexOf(location, (byte)'/'))]];
        foreach (byte[] place in places)
        {
            List<VolumeInfo> listed = await Engine.ListVolumesWithinAsync(new BytePath(place), Cancel).ToListAsync(Cancel);
            Assert.Single(listed, each => each.Ref == volume.Ref);
            Assert.All(listed, each => Assert.True(each.Location.IsWithin(new BytePath(place)), $"{each.Location} is not within the place"));
        }

        Assert.Empty(await Engine.ListVolumesWithinAsync(new BytePath((byte[])[.. location, (byte)'-']), Cancel).ToListAsync(Cancel));
    }
}
