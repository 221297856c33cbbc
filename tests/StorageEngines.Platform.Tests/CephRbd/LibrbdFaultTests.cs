using System.Diagnostics;
using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.Platform.Tests.Ceph;

namespace StorageEngines.Platform.Tests.CephRbd;

public sealed class LibrbdFaultTests : CephRbdFaultTestBase
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    // The program tells nothing before it has all of it; librbd waits for whoever reads, and most is not asked yet when the first batch is here.
    [Theory]
    [InlineData("exact")]
    [InlineData("hybrid")]
    public async Task An_osd_that_stops_within_the_answer_is_an_error_in_time_and_no_end(string mode)
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost);
        CephRbdSettings hasty = scene.As("client.admin") with { TimeoutSeconds = FaultScene.Short };
        TestImage image = await scene.CreateAsync("rbd/many", ManyExtents.SizeBytes, "--object-size", ManyExtents.ObjectSize);
        (SnapshotInfo from, SnapshotInfo to) = await ManyExtents.MakeAsync(scene.Patient, image, scene.Snapshots);
        await using var engine = new CephRbdStorageEngine(MakeHost(hasty, null), DiffModes.Parse(mode));
        var query = new DeltaQuery(from.ChangeToken!, to.Ref);
        var watch = new Stopwatch();
        int told = 0;
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(async () => told = await CountAsync(engine, query, async () =>
        {
            await scene.Cluster.PauseAsync(CephDaemon.Osd, Cancel);
            watch.Start();
        }));
        Assert.True(watch.IsRunning, "It failed before the first batch.");
        Assert.Equal(0, told);
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff), (error.Status, error.Reason, error.Recovery));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
        await scene.Cluster.ResumeAsync(CephDaemon.Osd, Cancel);
        Assert.Equal(ManyExtents.Count, await CountAsync(engine, query, null));
        Assert.DoesNotContain("watcher=", await scene.Cluster.RunAsync("rbd", ["status", image.Path], Cancel), StringComparison.Ordinal);
    }

    private protected override IRbdHost MakeHost(CephRbdSettings settings, Func<string, ValueTask>? onStep) => new NativeRbdHost(settings) { OnStep = onStep };

    private static async Task<int> CountAsync(CephRbdStorageEngine engine, DeltaQuery query, Func<Task>? onFirst)
    {
        int count = 0;
        await foreach (ExtentBatch batch in engine.Feature<IBlockMap>()!.DeltaAsync(query, Cancel))
        {
            count += batch.Extents.Count;
            await (onFirst?.Invoke() ?? Task.CompletedTask);
            onFirst = null;
        }

        return count;
    }
}
