using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;
using StorageEngines.Platform.Tests.Ceph;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>A cluster of the test's own, which may be hurt, with one image of 64 MiB that has two snapshots and a change between them.</summary>
internal sealed class FaultScene : IAsyncDisposable
{
    internal const string Path = "rbd/image";

    private FaultScene(CephCluster cluster) => Cluster = cluster;

    internal CephCluster Cluster { get; }

    /// <summary>Told before each step of the engine; null for nobody. Default: null.</summary>
    internal Func<string, Task>? OnStep { get; set; }

    internal CephRbdStorageEngine Engine { get; private set; } = null!;

    internal VolumeInfo Volume { get; private set; } = null!;

    internal ImageWriter Writer { get; private set; } = null!;

    internal SnapshotInfo First { get; private set; } = null!;

    internal SnapshotInfo Second { get; private set; } = null!;

    /// <summary>A call takes at most this; seconds.</summary>
    internal static int TimeoutSeconds => 3;

    internal ISnapshots Snapshots => Engine.Feature<ISnapshots>()!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static async Task<FaultScene> MakeOrSkipAsync(Func<CephRbdSettings, Func<string, ValueTask>?, IRbdHost> makeHost)
    {
        var scene = new FaultScene(await CephCluster.OwnOrSkipAsync());
        try
        {
            await scene.Cluster.RunAsync("rbd", ["create", "--size", "64M", Path], Cancel);
            scene.Engine = new CephRbdStorageEngine(makeHost(scene.As("client.admin"), async step => await (scene.OnStep?.Invoke(step) ?? Task.CompletedTask)), DiffMode.Hybrid);
            scene.Volume = await scene.Engine.ResolveVolumeAsync(BytePath.FromString(Path), Cancel);
            Assert.True(ImageKey.TryParse(scene.Volume.Ref.Id, out ImageKey? key));
            scene.Writer = new ImageWriter(scene.As("client.admin"), key);
            await scene.Writer.WriteAsync(0, new byte[] { 1, 2, 3 }, Cancel);
            scene.First = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(scene.Volume.Ref, "first"), Cancel);
            await scene.Writer.WriteAsync(8 << 20, new byte[] { 4, 5, 6 }, Cancel);
            scene.Second = await scene.Snapshots.CreateAsync(new CreateSnapshotRequest(scene.Volume.Ref, "second"), Cancel);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>The settings of a user.</summary>
    internal CephRbdSettings As(string user) => new() { Configuration = Cluster.ConfPath, User = user, TimeoutSeconds = TimeoutSeconds };

    /// <summary>What changed between the two snapshots.</summary>
    internal async Task<List<Extent>> DeltaAsync(CancellationToken cancellationToken)
    {
        List<Extent> extents = [];
        await foreach (ExtentBatch batch in Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(First.ChangeToken!, Second.Ref), cancellationToken))
        {
            extents.AddRange(batch.Extents);
        }

        return extents;
    }

    /// <summary>Asserts that the image has its two snapshots and no others, and that nobody has it open or locked.</summary>
    internal async Task AssertNothingLeftAsync(params string[] snapshots)
    {
        string listed = await Cluster.RunAsync("rbd", ["snap", "ls", "--all", "--format", "json", Path], Cancel);
        using var json = System.Text.Json.JsonDocument.Parse(listed);
        Assert.Equal(snapshots, json.RootElement.EnumerateArray().Select(each => each.GetProperty("name").GetString()));
        Assert.Contains("\"watchers\":[]", await Cluster.RunAsync("rbd", ["status", "--format", "json", Path], Cancel), StringComparison.Ordinal);
        Assert.Equal("[]", (await Cluster.RunAsync("rbd", ["lock", "ls", "--format", "json", Path], Cancel)).Trim());
    }

    public async ValueTask DisposeAsync()
    {
        if (Engine is not null)
        {
            await Engine.DisposeAsync();
        }

        ImageWriter.Forget(As("client.admin"));
        await Cluster.DisposeAsync();
    }
}
