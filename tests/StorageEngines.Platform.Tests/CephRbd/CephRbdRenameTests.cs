using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.Platform.Tests.Ceph;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>librbd goes by names where the engine goes by numbers: a snapshot that is renamed between the look and the change is the same one still.</summary>
public sealed class CephRbdRenameTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_snapshot_that_is_renamed_meanwhile_is_deleted_and_no_other()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync((settings, onStep) => new NativeRbdHost(settings) { OnStep = onStep });
        RenameAt(scene, "delete snapshot", alsoTakesItsName: true);
        await scene.Snapshots.DeleteAsync(scene.First.Ref, DeleteMode.Everything, Cancel);
        await scene.AssertNothingLeftAsync("second", "first");
    }

    [Fact]
    public async Task A_snapshot_that_is_renamed_meanwhile_is_held()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync((settings, onStep) => new NativeRbdHost(settings) { OnStep = onStep });
        RenameAt(scene, "protect snapshot");
        await scene.Snapshots.HoldAsync(scene.First.Ref, "job", Cancel);
        Assert.Contains("protected", await RefusalAsync(scene, "other"), StringComparison.Ordinal);
        await scene.Snapshots.ReleaseAsync(scene.First.Ref, "job", Cancel);
        await scene.Cluster.RunAsync("rbd", ["snap", "rm", "--no-progress", $"{FaultScene.Path}@other"], Cancel);
    }

    [Fact]
    public async Task A_snapshot_that_is_renamed_meanwhile_is_rolled_back_to()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync((settings, onStep) => new NativeRbdHost(settings) { OnStep = onStep });
        RenameAt(scene, "roll back");
        await scene.Snapshots.RollbackAsync(scene.First.Ref, new RollbackOptions(), Cancel);
        Assert.Equal(0, (await scene.Writer.ReadAsync(Cancel))[8 << 20]);
    }

    [Fact]
    public async Task A_snapshot_that_is_renamed_meanwhile_is_cloned()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync((settings, onStep) => new NativeRbdHost(settings) { OnStep = onStep });
        await scene.Cluster.RunAsync("ceph", ["osd", "set-require-min-compat-client", "mimic"], Cancel);
        RenameAt(scene, "clone snapshot");
        VolumeInfo clone = await scene.Snapshots.CloneAsync(scene.First.Ref, BytePath.FromString("rbd/clone"), null, Cancel);
        Assert.Equal(64 << 20, clone.CapacityBytes);
        Assert.Contains("image@other", await scene.Cluster.RunAsync("rbd", ["info", "rbd/clone"], Cancel), StringComparison.Ordinal);
    }

    private static void RenameAt(FaultScene scene, string step, bool alsoTakesItsName = false) => scene.OnStep = async told =>
    {
        if (told != step)
        {
            return;
        }

        scene.OnStep = null;
        await scene.Cluster.RunAsync("rbd", ["snap", "rename", $"{FaultScene.Path}@first", $"{FaultScene.Path}@other"], Cancel);
        if (alsoTakesItsName)
        {
            await scene.Cluster.RunAsync("rbd", ["snap", "create", "--no-progress", $"{FaultScene.Path}@first"], Cancel);
        }
    };

    private static async Task<string> RefusalAsync(FaultScene scene, string name)
        => (await Assert.ThrowsAsync<CephCommandException>(() => scene.Cluster.RunAsync("rbd", ["snap", "rm", "--no-progress", $"{FaultScene.Path}@{name}"], Cancel))).Message;
}
