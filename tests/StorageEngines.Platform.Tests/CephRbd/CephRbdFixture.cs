using System.Globalization;
using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;
using StorageEngines.Platform.Tests.Ceph;
using StorageEngines.Specification;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>The laws on images of a real cluster, in a namespace of the fixture's own.</summary>
public abstract class CephRbdFixture : EngineFixture
{
    private Func<string, ValueTask>? _observer;
    private CephCluster? _cluster;
    private string _space = "";
    private long _steps;
    private int _names;

    public override IReadOnlyList<VolumeKind> VolumeKinds => [VolumeKind.Block];

    public override IReadOnlyList<LawWaiver> Waivers =>
    [
        new("FileDiffTestBase", "An image is a block volume and has no files."),
        new("PortableTreeTestBase", "An image is a block volume and has no files."),
    ];

    public override long? CommandCount => Interlocked.Read(ref _steps);

    internal CephCluster Cluster => _cluster ?? throw new InvalidOperationException("The fixture is not initialised.");

    /// <summary>The settings that reach the cluster.</summary>
    internal CephRbdSettings Settings => new() { Configuration = Cluster.ConfPath, Mode = Mode };

    private protected virtual DiffMode Mode => DiffMode.Hybrid;

    public override ValueTask<IStorageEngine> CreateEngineAsync(CancellationToken cancellationToken) => new(new CephRbdStorageEngine(MakeHost(StepAsync), Mode));

    public override async ValueTask<TestVolume> CreateVolumeAsync(VolumeKind kind, long capacityBytes, CancellationToken cancellationToken)
    {
        string name = NextImage();
        await CreateImageAsync(name, capacityBytes, cancellationToken);
        return await OpenAsync(name, cancellationToken);
    }

    public override BytePath? NewLocation(VolumeKind kind) => BytePath.FromString($"{_space}/{NextImage()}");

    public override async ValueTask<TestVolume?> RenameVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        string name = NextImage();
        await Cluster.RunAsync("rbd", ["rename", volume.Ref.Name!, $"{_space}/{name}"], cancellationToken);
        return await OpenAsync(name, cancellationToken);
    }

    public override async ValueTask<bool> RenameSnapshotAsync(SnapshotRef snapshot, string name, CancellationToken cancellationToken)
    {
        await Cluster.RunAsync("rbd", ["snap", "rename", snapshot.ToString(), $"{snapshot.Volume.Name}@{name}"], cancellationToken);
        return true;
    }

    public override async ValueTask<TestVolume?> ReplaceVolumeAsync(TestVolume volume, CancellationToken cancellationToken)
    {
        string path = volume.Ref.Name!;
        await Cluster.RunAsync("rbd", ["snap", "purge", "--no-progress", path], cancellationToken);
        await Cluster.RunAsync("rbd", ["rm", "--no-progress", path], cancellationToken);
        string name = path.Split('/')[^1];
        await CreateImageAsync(name, volume.Info.CapacityBytes!.Value, cancellationToken);
        return await OpenAsync(name, cancellationToken);
    }

    public override bool ObserveSteps(Func<string, ValueTask>? observer)
    {
        _observer = observer;
        return true;
    }

    /// <summary>Makes the way to the cluster.</summary>
    private protected abstract IRbdHost MakeHost(Func<string, ValueTask> onStep);

    protected override async ValueTask SetUpAsync(CancellationToken cancellationToken)
    {
        _cluster = await CephCluster.GetOrSkipAsync(cancellationToken);
        _space = await _cluster.NamespaceAsync(cancellationToken);
    }

    private string NextImage() => string.Create(CultureInfo.InvariantCulture, $"seng-test-{Interlocked.Increment(ref _names)}");

    private Task CreateImageAsync(string name, long capacityBytes, CancellationToken cancellationToken)
        => Cluster.RunAsync("rbd", ["create", "--size", string.Create(CultureInfo.InvariantCulture, $"{capacityBytes}B"), $"{_space}/{name}"], cancellationToken);

    private async Task<TestVolume> OpenAsync(string name, CancellationToken cancellationToken)
    {
        VolumeInfo info = await Engine.ResolveVolumeAsync(BytePath.FromString($"{_space}/{name}"), cancellationToken);
        Assert.True(ImageKey.TryParse(info.Ref.Id, out ImageKey? key));
        return new TestVolume(info, new ImageWriter(Settings, key));
    }

    private async ValueTask StepAsync(string step)
    {
        Interlocked.Increment(ref _steps);
        if (_observer is { } observer)
        {
            await observer(step);
        }
    }
}
