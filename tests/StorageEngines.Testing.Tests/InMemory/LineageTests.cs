namespace StorageEngines.Testing;

/// <summary>Which snapshot can be the base of which.</summary>
public sealed class LineageTests
{
    private readonly InMemoryStorageEngine _engine = new(new InMemoryEngineOptions { BlockSizeBytes = 16 });
    private readonly InMemoryBlockVolume _volume;

    public LineageTests() => _volume = _engine.CreateBlockVolume("vm", 256);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private ISnapshots Snapshots => _engine.Feature<ISnapshots>()!;

    [Fact]
    public async Task Base_that_is_newer_is_in_the_wrong_order()
    {
        SnapshotInfo older = await Cut("a");
        SnapshotInfo newer = await Cut("b");
        Assert.Equal(EngineReason.WrongOrder, (await Refused<LineageBrokenException>(newer, older)).Reason);
    }

    [Fact]
    public async Task Rollback_begins_a_branch()
    {
        SnapshotInfo trunk = await Cut("trunk");
        _volume.Write(0, [1]);
        SnapshotInfo abandoned = await Cut("abandoned");
        await Snapshots.RollbackAsync(trunk.Ref, new RollbackOptions(DestroyNewer: true, "safety"), Cancel);
        Assert.Equal(new byte[256], _volume.ReadAll());
        _volume.Write(20, [2]);
        SnapshotInfo branch = await Cut("branch");
        SnapshotInfo safety = await Snapshots.ListAsync(_volume.Ref, "safety", Cancel).SingleAsync(Cancel);

        Assert.Equal([new Extent(16, 16)], await Delta(trunk, branch));
        Assert.Equal([new Extent(0, 16)], await Delta(trunk, safety));
        Assert.Equal(EngineReason.UnrelatedSnapshots, (await Refused<LineageBrokenException>(abandoned, branch)).Reason);
        Assert.Equal(EngineReason.UnrelatedSnapshots, (await Refused<LineageBrokenException>(safety, branch)).Reason);
        Assert.Equal(EngineReason.BaseMissing, (await Refused<ChangeTrackingUnavailableException>(abandoned, safety)).Reason);
        Assert.NotEqual(trunk.ChangeToken!.LineageId, branch.ChangeToken!.LineageId);
    }

    [Fact]
    public async Task Rollback_asks_before_it_destroys_newer_snapshots()
    {
        SnapshotInfo older = await Cut("a");
        SnapshotInfo newer = await Cut("b");
        SnapshotInUseException refused = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.RollbackAsync(older.Ref, new RollbackOptions(), Cancel));
        Assert.Equal((EngineReason.NewerSnapshotsExist, newer.Ref.Id), (refused.Reason, refused.Blockers.Single()));
        await Snapshots.HoldAsync(newer.Ref, "me", Cancel);
        refused = await Assert.ThrowsAsync<SnapshotInUseException>(() => Snapshots.RollbackAsync(older.Ref, new RollbackOptions(DestroyNewer: true, "safety"), Cancel));
        Assert.Equal(EngineReason.HeldByOther, refused.Reason);
        Assert.Empty(await Snapshots.ListAsync(_volume.Ref, "safety", Cancel).ToArrayAsync(Cancel));
    }

    [Fact]
    public async Task Clone_is_a_volume_of_its_own()
    {
        _volume.Write(3, [7]);
        SnapshotInfo origin = await Cut("a");
        VolumeInfo clone = await Snapshots.CloneAsync(origin.Ref, BytePath.FromString("clone"), cancellationToken: Cancel);
        InMemoryBlockVolume opened = _engine.OpenBlockVolume(clone.Ref);
        opened.Write(100, [8]);
        Assert.Equal((7, 0), (opened.ReadAll()[3], _volume.ReadAll()[100]));
        SnapshotInfo cut = await Snapshots.CreateAsync(new CreateSnapshotRequest(clone.Ref, "c"), Cancel);
        Assert.Equal(EngineReason.UnrelatedSnapshots, (await Refused<LineageBrokenException>(origin, cut)).Reason);
        StorageEngineException taken = await Assert.ThrowsAsync<StorageEngineException>(() => Snapshots.CloneAsync(origin.Ref, BytePath.FromString("clone"), cancellationToken: Cancel));
        Assert.Equal(EngineStatus.AlreadyExists, taken.Status);
    }

    [Fact]
    public async Task Deleted_base_is_missing_unless_only_its_data_was_deleted()
    {
        SnapshotInfo first = await Cut("a");
        SnapshotInfo second = await Cut("b");
        _volume.Write(0, [1]);
        SnapshotInfo third = await Cut("c");
        await Snapshots.DeleteAsync(first.Ref, DeleteMode.DataOnly, Cancel);
        await Snapshots.DeleteAsync(second.Ref, DeleteMode.Everything, Cancel);
        Assert.Equal([new Extent(0, 16)], await Delta(first, third));
        Assert.Equal(SnapshotState.MetadataOnly, (await Snapshots.GetAsync(first.Ref, Cancel)).State);
        Assert.Equal(EngineReason.BaseMissing, (await Refused<ChangeTrackingUnavailableException>(second, third)).Reason);
        await Assert.ThrowsAsync<SnapshotNotFoundException>(async () => await _engine.Feature<ISnapshotReader>()!.OpenReadAsync(first.Ref, cancellationToken: Cancel));
    }

    [Fact]
    public async Task Volume_made_anew_under_the_same_name_is_another_one()
    {
        SnapshotInfo old = await Cut("a");
        VolumeRef oldVolume = _volume.Ref;
        _engine.DeleteVolume(oldVolume);
        Assert.Equal(EngineReason.VolumeMissing, (await Assert.ThrowsAsync<VolumeNotFoundException>(() => Snapshots.CreateAsync(new CreateSnapshotRequest(oldVolume, "x"), Cancel))).Reason);
        InMemoryBlockVolume anew = _engine.CreateBlockVolume("vm", 256);
        SnapshotInfo cut = await Snapshots.CreateAsync(new CreateSnapshotRequest(anew.Ref, "a"), Cancel);
        Assert.Equal(EngineReason.VolumeReplaced, (await Refused<ChangeTrackingUnavailableException>(old, cut)).Reason);
        Assert.Equal(EngineReason.VolumeReplaced, (await Assert.ThrowsAsync<VolumeNotFoundException>(() => Snapshots.CreateAsync(new CreateSnapshotRequest(oldVolume, "x"), Cancel))).Reason);
    }

    [Fact]
    public async Task Lost_tracking_is_told()
    {
        SnapshotInfo before = await Cut("a");
        _engine.LoseChangeTracking(_volume.Ref);
        SnapshotInfo after = await Cut("b");
        Assert.Equal(EngineReason.ChangeTrackingLost, (await Refused<ChangeTrackingUnavailableException>(before, after)).Reason);
        _volume.Write(0, [1]);
        Assert.Equal([new Extent(0, 16)], await Delta(after, await Cut("c")));
    }

    [Fact]
    public async Task Renamed_volume_and_snapshot_keep_their_ids()
    {
        SnapshotInfo before = await Cut("a");
        _engine.RenameVolume(_volume.Ref, "renamed");
        _engine.RenameSnapshot(before.Ref, "b");
        Assert.Equal("b", (await Snapshots.GetAsync(before.Ref, Cancel)).Ref.Name);
        Assert.Empty(await Delta(before, await Cut("c")));
        Assert.Equal(_volume.Ref, (await _engine.ResolveVolumeAsync(BytePath.FromString("renamed"), Cancel)).Ref);
    }

    private Task<SnapshotInfo> Cut(string name) => Snapshots.CreateAsync(new CreateSnapshotRequest(_volume.Ref, name), Cancel);

    private async Task<Extent[]> Delta(SnapshotInfo from, SnapshotInfo to)
        => await _engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref), Cancel).SelectMany(batch => batch.Extents).ToArrayAsync(Cancel);

    private Task<T> Refused<T>(SnapshotInfo from, SnapshotInfo to)
        where T : StorageEngineException => Assert.ThrowsAsync<T>(() => Delta(from, to));
}
