using System.Diagnostics;
using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.Platform.Tests.Ceph;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>What goes wrong around a cluster: a clear error within the time that is allowed, nothing left behind, and it works again when the fault is gone.</summary>
public abstract class CephRbdFaultTestBase
{
    private static readonly string[] Both = ["first", "second"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Makes the way to a cluster.</summary>
    private protected abstract IRbdHost MakeHost(CephRbdSettings settings, Func<string, ValueTask>? onStep);

    [Fact]
    public async Task An_osd_that_stops_in_mid_query_is_an_error_in_time_and_none_later()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost, FaultScene.Short);
        scene.OnStep = async step => await (step == "compare" ? scene.Cluster.PauseAsync(CephDaemon.Osd, Cancel) : Task.CompletedTask);
        var watch = Stopwatch.StartNew();
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.DeltaAsync(Cancel));
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost, Recovery.RetryAfterBackoff), (error.Status, error.Reason, error.Recovery));
        Assert.Contains("ceph status", error.Message, StringComparison.Ordinal);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
        scene.OnStep = null;
        await scene.Cluster.ResumeAsync(CephDaemon.Osd, Cancel);
        Assert.Equal(8 << 20, Assert.Single(await scene.DeltaAsync(Cancel)).Offset);
        await scene.AssertNothingLeftAsync(Both);
    }

    [Fact]
    public async Task A_callers_deadline_is_kept_whatever_the_cluster_does()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost);
        await scene.Cluster.PauseAsync(CephDaemon.Osd, Cancel);
        using var deadline = new CancellationTokenSource(TimeSpan.FromMilliseconds(300));
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.DeltaAsync(deadline.Token));
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(FaultScene.Short), $"It took {watch.Elapsed}.");
        await scene.Cluster.ResumeAsync(CephDaemon.Osd, Cancel);
        Assert.Single(await scene.DeltaAsync(Cancel));
        await scene.AssertNothingLeftAsync(Both);
    }

    [Fact]
    public async Task Monitors_that_do_not_answer_are_an_error_in_time()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost, FaultScene.Short);
        await scene.Cluster.PauseAsync(CephDaemon.Mon, Cancel);
        await using var late = new CephRbdStorageEngine(MakeHost(scene.As("client.admin") with { Parallel = 3 }, null), DiffMode.Hybrid);
        var watch = Stopwatch.StartNew();
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(async () => await late.ProbeAsync(Cancel));
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost), (error.Status, error.Reason));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
        await scene.Cluster.ResumeAsync(CephDaemon.Mon, Cancel);
        Assert.NotEmpty((await late.ProbeAsync(Cancel)).Version);
    }

    [Theory]
    [InlineData("client.admin")]
    [InlineData("client.seng-nothing")]
    public async Task Osds_that_do_not_answer_are_noticed_by_a_probe(string user)
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost, FaultScene.Short);
        await using var engine = new CephRbdStorageEngine(MakeHost(scene.As(user), null), DiffMode.Hybrid);
        bool isAnswered = await IsAnsweredAsync(scene, user);
        if (isAnswered)
        {
            Assert.NotEmpty((await engine.ProbeAsync(Cancel)).Version);
            await scene.Cluster.PauseAsync(CephDaemon.Osd, Cancel);
        }

        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(async () => await engine.ProbeAsync(Cancel));
        Assert.Equal((EngineStatus.Unavailable, EngineReason.ConnectionLost), (error.Status, error.Reason));
        if (isAnswered)
        {
            await scene.Cluster.ResumeAsync(CephDaemon.Osd, Cancel);
            Assert.NotEmpty((await engine.ProbeAsync(Cancel)).Version);
        }
    }

    [Theory]
    [InlineData("client.seng-reader")]
    [InlineData("client.seng-nothing")]
    public async Task A_user_without_the_right_is_told_so(string user)
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost, FaultScene.Short);
        await using var engine = new CephRbdStorageEngine(MakeHost(scene.As(user), null), DiffMode.Hybrid);
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(
            () => engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(scene.Volume.Ref, "third"), Cancel));
        Assert.Equal(await IsAnsweredAsync(scene, user) ? EngineStatus.PermissionDenied : EngineStatus.Unavailable, error.Status);
        Assert.Contains(user, error.Message, StringComparison.Ordinal);
        await scene.AssertNothingLeftAsync(Both);
    }

    [Fact]
    public async Task A_user_who_may_see_no_image_is_not_told_that_there_is_none()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost, FaultScene.Short);
        const string User = "client.seng-nothing";
        await using var engine = new CephRbdStorageEngine(MakeHost(scene.As(User), null), DiffMode.Hybrid);
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(async () => await engine.ListVolumesAsync(Cancel).AnyAsync(Cancel));
        Assert.Equal(await IsAnsweredAsync(scene, User) ? EngineStatus.PermissionDenied : EngineStatus.Unavailable, error.Status);
    }

    [Fact]
    public async Task A_reader_may_ask_what_changed()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost);
        await using var engine = new CephRbdStorageEngine(MakeHost(scene.As("client.seng-reader"), null), DiffMode.Hybrid);
        List<ExtentBatch> batches = [];
        await foreach (ExtentBatch batch in engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(scene.First.ChangeToken!, scene.Second.Ref), Cancel))
        {
            batches.Add(batch);
        }

        Assert.Equal("hybrid", Assert.Single(batches).Mode);
        await using Stream stream = await engine.Feature<ISnapshotReader>()!.OpenReadAsync(scene.Second.Ref, null, Cancel);
        Assert.Equal(1, stream.ReadByte());
    }

    [Fact]
    public async Task A_key_that_is_missing_is_said()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost);
        await using var engine = new CephRbdStorageEngine(MakeHost(scene.As("client.nobody"), null), DiffMode.Hybrid);
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(async () => await engine.ProbeAsync(Cancel));
        Assert.Equal(EngineStatus.Unauthenticated, error.Status);
    }

    [Fact]
    public async Task An_image_that_somebody_writes_is_not_rolled_back()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost);
        using (scene.Writer.Open())
        {
            SnapshotInUseException error = await Assert.ThrowsAsync<SnapshotInUseException>(() => scene.Snapshots.RollbackAsync(scene.First.Ref, new RollbackOptions(SafetySnapshotName: "safety"), Cancel));
            Assert.Equal(EngineReason.SnapshotBusy, error.Reason);
            Assert.Contains("127.0.0.1", error.Message, StringComparison.Ordinal);
            Assert.Single(await scene.DeltaAsync(Cancel)); // Asking is no trouble to anybody.
        }

        await scene.AssertNothingLeftAsync(Both);
        await scene.Snapshots.RollbackAsync(scene.First.Ref, new RollbackOptions(), Cancel);
        Assert.Equal(0, (await scene.Writer.ReadAsync(Cancel))[8 << 20]);
    }

    [Theory]
    [InlineData("first", EngineReason.BaseMissing)]
    [InlineData("second", EngineReason.SnapshotMissing)]
    public async Task A_snapshot_that_is_removed_in_mid_query_makes_it_fail(string name, EngineReason reason)
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost);
        scene.OnStep = async step => await (step == "compare" ? scene.Cluster.RunAsync("rbd", ["snap", "rm", "--no-progress", $"{FaultScene.Path}@{name}"], Cancel) : Task.CompletedTask);
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.DeltaAsync(Cancel));
        Assert.Equal(reason, error.Reason);
        await scene.AssertNothingLeftAsync([.. Both.Where(each => each != name)]);
    }

    [Fact]
    public async Task A_snapshot_that_is_removed_while_it_is_read_does_not_become_zeroes()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost);
        await using Stream stream = await scene.Engine.Feature<ISnapshotReader>()!.OpenReadAsync(scene.First.Ref, null, Cancel);
        await scene.Writer.WriteAsync(0, new byte[] { 9 }, Cancel); // So that the snapshot has an object of its own, which goes with it.
        await scene.Cluster.RunAsync("rbd", ["snap", "rm", "--no-progress", $"{FaultScene.Path}@first"], Cancel);
        byte[] some = new byte[3];
        for (int i = 0; i < 100; i++)
        {
            stream.Position = 0;
            StorageEngineException? error = await Record.ExceptionAsync(async () => await ReadFreshAsync(stream, some)) as StorageEngineException;
            if (error is not null)
            {
                Assert.Equal(EngineReason.SnapshotMissing, error.Reason);
                return;
            }

            Assert.Equal([1, 2, 3], some);
            await Task.Delay(100, Cancel);
        }

        Assert.Skip("not seen: the cluster did not trim the snapshot within 10 s");
    }

    [Fact]
    public async Task One_damaged_image_does_not_stop_the_rest_and_is_not_left_out()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost);
        await scene.Cluster.RunAsync("rbd", ["create", "--size", "1M", "rbd/damaged"], Cancel);
        string id = (await scene.Engine.ResolveVolumeAsync(BytePath.FromString("rbd/damaged"), Cancel)).Ref.Id.Split('/')[^1];
        await scene.Cluster.RunAsync("rados", ["--pool", "rbd", "rm", $"rbd_header.{id}"], Cancel);
        List<string> told = [];
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(async () =>
        {
            await foreach (SnapshotInfo each in scene.Snapshots.ListAsync(null, null, Cancel))
            {
                told.Add(each.Ref.Name!);
            }
        });
        Assert.Equal(Both, told);
        Assert.Equal(EngineStatus.DataLoss, error.Status);
        Assert.Contains("rbd/damaged", error.Message, StringComparison.Ordinal);
        List<VolumeInfo> elsewhere = await scene.Engine.ListVolumesWithinAsync(BytePath.FromString(FaultScene.Path), Cancel).ToListAsync(Cancel);
        Assert.Equal(scene.Volume.Ref, Assert.Single(elsewhere).Ref); // What is not in the place is not looked at.
    }

    [Fact]
    public async Task A_pool_that_is_full_is_said_and_can_still_be_read()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost, FaultScene.Short);
        await FillAsync(scene, "0.00001", "0.00002", "0.00003");
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.Snapshots.CreateAsync(new CreateSnapshotRequest(scene.Volume.Ref, "third"), Cancel));
        Assert.Equal((EngineStatus.ResourceExhausted, EngineReason.NoSpace), (error.Status, error.Reason));
        Assert.Contains("'rbd' is full", error.Message, StringComparison.Ordinal);
        Assert.Single(await scene.DeltaAsync(Cancel));
        await FillAsync(scene, "0.85", "0.9", "0.95");
        await scene.AssertNothingLeftAsync(Both);
        await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(scene.Volume.Ref, "third"), Cancel);
    }

    [Fact]
    public async Task A_limit_of_snapshots_is_no_space()
    {
        await using FaultScene scene = await FaultScene.MakeOrSkipAsync(MakeHost);
        await scene.Cluster.RunAsync("rbd", ["snap", "limit", "set", "--limit", "2", FaultScene.Path], Cancel);
        StorageEngineException error = await Assert.ThrowsAnyAsync<StorageEngineException>(() => scene.Snapshots.CreateAsync(new CreateSnapshotRequest(scene.Volume.Ref, "third") { Labels = new Dictionary<string, string> { ["a"] = "b" } }, Cancel));
        Assert.Equal((EngineStatus.ResourceExhausted, EngineReason.NoSpace), (error.Status, error.Reason));
        await scene.AssertNothingLeftAsync(Both);
        Assert.DoesNotContain("new.third", await scene.Cluster.RunAsync("rbd", ["image-meta", "list", FaultScene.Path], Cancel), StringComparison.Ordinal);
    }

    // OSDs of Reef do not let a user connect who has no right on any, and librados tries again until its time is over.
    private static async Task<bool> IsAnsweredAsync(FaultScene scene, string user)
        => user != "client.seng-nothing" || (await scene.Cluster.RunAsync("ceph", ["versions"], Cancel)).Contains("ceph version 16.", StringComparison.Ordinal);

    // The store is as large as ever: what counts as full is made smaller, or larger again.
    private static async Task FillAsync(FaultScene scene, string near, string backfill, string full)
    {
        List<(string Name, string Value)> ratios = [("nearfull", near), ("backfillfull", backfill), ("full", full)];
        if (full.StartsWith("0.9", StringComparison.Ordinal))
        {
            ratios.Reverse();
        }

        foreach ((string name, string value) in ratios)
        {
            await scene.Cluster.RunAsync("ceph", ["osd", $"set-{name}-ratio", value], Cancel);
        }

        bool wanted = full.StartsWith("0.0", StringComparison.Ordinal);
        for (int i = 0; i < 100; i++)
        {
            string pools = await scene.Cluster.RunAsync("ceph", ["osd", "pool", "ls", "detail"], Cancel);
            if (pools.Contains(",full", StringComparison.Ordinal) == wanted)
            {
                return;
            }

            await Task.Delay(200, Cancel);
        }

        Assert.Fail("The cluster did not notice within 20 s.");
    }

    // Another place first, so that the piece is not the one that was read already.
    private static async Task ReadFreshAsync(Stream stream, byte[] some)
    {
        stream.Position = 8 << 20;
        await stream.ReadExactlyAsync(new byte[1], Cancel);
        stream.Position = 0;
        await stream.ReadExactlyAsync(some, Cancel);
    }
}
