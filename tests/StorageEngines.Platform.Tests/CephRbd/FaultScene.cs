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

    /// <summary>How long a call may take where a test waits until that is over; seconds.</summary>
    internal const int Short = 3;

    private FaultScene(CephCluster cluster, int timeoutSeconds) => (Cluster, TimeoutSeconds) = (cluster, timeoutSeconds);

    internal CephCluster Cluster { get; }

    /// <summary>Told before each step of the engine; null for nobody. Default: null.</summary>
    internal Func<string, Task>? OnStep { get; set; }

    internal CephRbdStorageEngine Engine { get; private set; } = null!;

    internal VolumeInfo Volume { get; private set; } = null!;

    internal ImageWriter Writer { get; private set; } = null!;

    internal SnapshotInfo First { get; private set; } = null!;

    internal SnapshotInfo Second { get; private set; } = null!;

    /// <summary>A call of the engine takes at most this; seconds.</summary>
    internal int TimeoutSeconds { get; }

    /// <summary>The settings of who makes what a test needs: a busy machine takes its time.</summary>
    internal CephRbdSettings Patient => new() { Configuration = Cluster.ConfPath, User = "client.admin" };

    internal ISnapshots Snapshots => Engine.Feature<ISnapshots>()!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal static async Task<FaultScene> MakeOrSkipAsync(Func<CephRbdSettings, Func<string, ValueTask>?, IRbdHost> makeHost, int timeoutSeconds = CephRbdSettings.DefaultTimeoutSeconds)
    {
        var scene = new FaultScene(await CephCluster.OwnOrSkipAsync(), timeoutSeconds);
        try
        {
            await using (var patient = new CephRbdStorageEngine(makeHost(scene.Patient, null), DiffMode.Hybrid))
            {
                await scene.FillAsync(patient);
            }

            scene.Engine = new CephRbdStorageEngine(makeHost(scene.As("client.admin"), async step => await (scene.OnStep?.Invoke(step) ?? Task.CompletedTask)), DiffMode.Hybrid);
            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    /// <summary>Makes another image.</summary>
    internal async Task<TestImage> CreateAsync(string path, long size, params string[] options)
    {
        await Cluster.RunAsync("rbd", ["create", "--size", $"{size}B", .. options, path], Cancel);
        VolumeRef made = (await Engine.ResolveVolumeAsync(BytePath.FromString(path), Cancel)).Ref;
        Assert.True(ImageKey.TryParse(made.Id, out ImageKey? key));
        return new TestImage(path, made, new ImageWriter(Patient, key));
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

        ImageWriter.Forget(Patient);
        await Cluster.DisposeAsync();
    }

    private async Task FillAsync(CephRbdStorageEngine patient)
    {
        await Cluster.RunAsync("rbd", ["create", "--size", "64M", Path], Cancel);
        Volume = await patient.ResolveVolumeAsync(BytePath.FromString(Path), Cancel);
        Assert.True(ImageKey.TryParse(Volume.Ref.Id, out ImageKey? key));
        ISnapshots snapshots = patient.Feature<ISnapshots>()!;
        Writer = new ImageWriter(Patient, key);
        await Writer.WriteAsync(0, new byte[] { 1, 2, 3 }, Cancel);
        First = await snapshots.CreateAsync(new CreateSnapshotRequest(Volume.Ref, "first"), Cancel);
        await Writer.WriteAsync(8 << 20, new byte[] { 4, 5, 6 }, Cancel);
        Second = await snapshots.CreateAsync(new CreateSnapshotRequest(Volume.Ref, "second"), Cancel);
    }
}
