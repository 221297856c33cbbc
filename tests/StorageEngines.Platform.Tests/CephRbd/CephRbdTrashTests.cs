using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>What is in Ceph's trash is not there: an image, until it is restored and is the same as before; and a snapshot, which stays there while a clone needs it.</summary>
public sealed class CephRbdTrashTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_image_in_the_trash_is_missing_and_is_the_same_when_it_is_restored(bool byProgram)
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram);
        (TestImage image, SnapshotInfo[] snapshots, _) = await scene.HistoryAsync(51);
        BytePath location = BytePath.FromString(image.Path);
        await scene.Snapshots.HoldAsync(snapshots[1].Ref, "owner", Cancel);
        List<SnapshotInfo> before = await ListAsync(scene, image.Ref);
        ExtentAnswer answer = await AskAsync(scene, snapshots[0], snapshots[1]);
        VolumeInfo volume = await scene.Engine.ResolveVolumeAsync(location, Cancel);

        Assert.Contains(image.Ref.Id, (await scene.Host.ListAsync(Cancel)).Select(each => each.Key.ToString()));
        await scene.RbdAsync("trash", "mv", image.Path);
        Assert.DoesNotContain(image.Ref.Id, (await scene.Host.ListAsync(Cancel)).Select(each => each.Key.ToString())); // All lists begin with it; to look at every image takes the program long.
        await RequireMissingAsync(() => scene.Engine.ResolveVolumeAsync(location, Cancel).AsTask());
        await RequireMissingAsync(() => ListAsync(scene, image.Ref));
        await RequireMissingAsync(() => scene.Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, "d"), Cancel));
        await RequireMissingAsync(() => scene.Snapshots.GetAsync(snapshots[0].Ref, Cancel));
        await RequireMissingAsync(() => scene.Snapshots.RollbackAsync(snapshots[0].Ref, new RollbackOptions(), Cancel));
        await RequireMissingAsync(() => AskAsync(scene, snapshots[0], snapshots[1]));
        await RequireMissingAsync(() => ExtentAnswer.CollectAsync(scene.Engine.Feature<IBlockMap>()!.AllocatedAsync(new AllocatedQuery(snapshots[0].Ref), Cancel)));
        await RequireMissingAsync(() => scene.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshots[0].Ref, null, Cancel).AsTask());
        await RequireMissingAsync(() => scene.ExportAsync(snapshots[0], snapshots[1]));
        await RequireMissingAsync(() => scene.ApplyAsync([], image));
        await scene.Snapshots.DeleteAsync(snapshots[0].Ref, DeleteMode.Everything, Cancel); // Of what is gone, that is no error.

        await scene.RbdAsync("trash", "restore", "--image", image.Path.Split('/')[^1], $"{scene.Space}/{image.Ref.Id.Split('/')[^1]}");
        Assert.Equal(volume, await scene.Engine.ResolveVolumeAsync(location, Cancel));
        List<SnapshotInfo> after = await ListAsync(scene, image.Ref);
        Assert.Equal(before.Select(Facts), after.Select(Facts));
        Assert.Equal(answer.Extents, (await AskAsync(scene, snapshots[0], snapshots[1])).Extents);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_image_that_has_the_name_of_one_in_the_trash_is_another_one(bool byProgram)
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram);
        TestImage image = await scene.CreateAsync(1 << 20);
        await scene.RbdAsync("trash", "mv", image.Path);
        await scene.RbdAsync("create", "--size", "1M", image.Path);
        StorageEngineException error = await Assert.ThrowsAsync<VolumeNotFoundException>(() => scene.Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, "a"), Cancel));
        Assert.Equal(EngineReason.VolumeReplaced, error.Reason);
        Assert.NotEqual(image.Ref.Id, (await scene.OpenAsync(image.Path)).Ref.Id);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_snapshot_in_the_trash_is_missing_and_a_difference_across_it_is_right(bool byProgram)
    {
        await using DifferenceScene scene = await DifferenceScene.MakeAsync(byProgram);
        TestImage image = await scene.CreateAsync(12 << 20, "--object-size", "1M");
        byte[][] contents = new byte[4][];
        SnapshotInfo[] snapshots = new SnapshotInfo[4];
        for (int i = 0; i < snapshots.Length; i++)
        {
            await image.Writer.WriteAsync((long)i << 21, Enumerable.Repeat((byte)(i + 1), 3 << 20).ToArray(), Cancel);
            snapshots[i] = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, $"{(char)('a' + i)}"), Cancel);
            contents[i] = await image.Writer.ReadAsync(Cancel);
        }

        Assert.Equal("hybrid", await RequireRightAsync(0, 3));
        string clone = $"{image.Path}-clone";
        await scene.Snapshots.CloneAsync(snapshots[1].Ref, BytePath.FromString(clone), null, Cancel);
        await scene.Snapshots.DeleteAsync(snapshots[1].Ref, DeleteMode.Everything, Cancel);
        Assert.Contains("trash (", await scene.RbdAsync("snap", "ls", "--all", image.Path), StringComparison.Ordinal);

        Assert.Equal(["a", "c", "d"], (await ListAsync(scene, image.Ref)).Select(each => each.Ref.Name));
        await RequireMissingAsync(() => scene.Snapshots.GetAsync(snapshots[1].Ref, Cancel));
        await RequireMissingAsync(() => AskAsync(scene, snapshots[0], snapshots[1]));
        ChangeTrackingUnavailableException gone = await Assert.ThrowsAsync<ChangeTrackingUnavailableException>(() => AskAsync(scene, snapshots[1], snapshots[2]));
        Assert.Equal(EngineReason.BaseMissing, gone.Reason);
        await scene.Snapshots.DeleteAsync(snapshots[1].Ref, DeleteMode.Everything, Cancel);
        Assert.Equal("exact", await RequireRightAsync(0, 2));
        Assert.Equal("exact", await RequireRightAsync(0, 3));
        Assert.Equal("hybrid", await RequireRightAsync(2, 3));

        // When the clone needs it no more, Ceph removes it for good.
        await scene.RbdAsync("flatten", "--no-progress", clone);
        Assert.DoesNotContain("trash (", await scene.RbdAsync("snap", "ls", "--all", image.Path), StringComparison.Ordinal);
        Assert.Equal("hybrid", await RequireRightAsync(0, 3));

        async Task<string?> RequireRightAsync(int from, int to)
        {
            ExtentAnswer answer = await AskAsync(scene, snapshots[from], snapshots[to]);
            ExtentOracle.AssertRebuilds(contents[from], contents[to], answer, $"{from} to {to}");
            return answer.Batches[0].Mode;
        }
    }

    private static Task<ExtentAnswer> AskAsync(DifferenceScene scene, SnapshotInfo from, SnapshotInfo to)
        => ExtentAnswer.CollectAsync(scene.Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref), Cancel));

    private static Task<List<SnapshotInfo>> ListAsync(DifferenceScene scene, VolumeRef volume) => scene.Snapshots.ListAsync(volume, null, Cancel).ToListAsync(Cancel).AsTask();

    private static async Task RequireMissingAsync(Func<Task> call)
    {
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(call);
        Assert.Equal(EngineStatus.NotFound, error.Status);
        Assert.Contains(error.Reason, new[] { EngineReason.VolumeMissing, EngineReason.SnapshotMissing });
    }

    private static string Facts(SnapshotInfo each) => $"{each.Ref.Id} {each.Ref.Name} {each.ChangeToken} {each.CreatedAt:O} {each.SizeBytes} {each.ParentId} {string.Join(',', each.Holds)}";
}
