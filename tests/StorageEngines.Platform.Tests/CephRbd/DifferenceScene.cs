using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Commands;
using StorageEngines.CephRbd.Hosts.Native;
using StorageEngines.CephRbd.Images;
using StorageEngines.Platform.Tests.Ceph;
using StorageEngines.Specification;
using StorageEngines.Transport;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Images in a namespace of their own, a directory for streams, and the engine that makes and applies them, through librbd or by the program.</summary>
internal sealed class DifferenceScene : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("seng-test-diff-").FullName;
    private Func<string, ValueTask>? _observer;
    private int _images;

    private DifferenceScene(CephCluster cluster, string space, bool byProgram, string? option, string mode)
    {
        (Cluster, Space) = (cluster, space);
        string conf = cluster.ConfPath;
        if (option is not null)
        {
            File.Copy(conf, In("ceph.conf"));
            File.AppendAllText(conf = In("ceph.conf"), $"\n[client]\n{option}\n");
        }

        Settings = new CephRbdSettings { Configuration = conf };
        Host = byProgram ? new CommandRbdHost(new LocalCommandRunner(), Settings) { OnStep = StepAsync } : new NativeRbdHost(Settings) { OnStep = StepAsync };
        Engine = new CephRbdStorageEngine(Host, DiffModes.Parse(mode));
    }

    internal CephCluster Cluster { get; }

    internal string Space { get; }

    /// <summary>The engine's.</summary>
    internal CephRbdSettings Settings { get; }

    internal IRbdHost Host { get; }

    internal CephRbdStorageEngine Engine { get; }

    internal IDifferentials Differentials => Engine.Feature<IDifferentials>()!;

    internal ISnapshots Snapshots => Engine.Feature<ISnapshots>()!;

    internal IGroupSnapshots Groups => Engine.Feature<IGroupSnapshots>()!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Makes one, or skips the test.</summary>
    /// <param name="byProgram">Whether the engine goes by the program.</param>
    /// <param name="option">A line for the engine's configuration; null for none.</param>
    /// <param name="mode">How it is asked what differs.</param>
    internal static async Task<DifferenceScene> MakeAsync(bool byProgram = false, string? option = null, string mode = "hybrid")
    {
        CephCluster cluster = await CephCluster.GetOrSkipAsync(Cancel);
        return new DifferenceScene(cluster, await cluster.NamespaceAsync(Cancel), byProgram, option, mode);
    }

    /// <summary>Has somebody told of each step, or nobody.</summary>
    internal void Observe(Func<string, ValueTask>? observer) => _observer = observer;

    /// <summary>A file in the scene's directory.</summary>
    internal string In(string name) => Path.Combine(_directory, name);

    /// <summary>Runs <c>rbd</c>.</summary>
    internal Task<string> RbdAsync(params string[] arguments) => Cluster.RunAsync("rbd", arguments, Cancel);

    /// <summary>Makes an image.</summary>
    internal async Task<TestImage> CreateAsync(long size, params string[] options)
    {
        string path = $"{Space}/image-{++_images}";
        await RbdAsync(["create", "--size", $"{size}B", .. options, path]);
        return await OpenAsync(path);
    }

    /// <summary>Finds an image that is there.</summary>
    internal async Task<TestImage> OpenAsync(string path)
    {
        VolumeInfo info = await Engine.ResolveVolumeAsync(BytePath.FromString(path), Cancel);
        Assert.True(ImageKey.TryParse(info.Ref.Id, out ImageKey? key));
        return new TestImage(path, info.Ref, new ImageWriter(Settings, key));
    }

    /// <summary>Makes an image with the snapshots a, b and c, between which all sorts of things happened.</summary>
    internal async Task<(TestImage Image, SnapshotInfo[] Snapshots, byte[][] Contents)> HistoryAsync(int seed)
    {
        var random = new Random(seed);
        TestImage image = await CreateAsync(20 << 20);
        long[] sizes = [20 << 20, (12 << 20) + 12_345, 24 << 20];
        var snapshots = new SnapshotInfo[sizes.Length];
        var contents = new byte[sizes.Length][];
        for (int i = 0; i < sizes.Length; i++)
        {
            await image.Writer.ResizeAsync(sizes[i], Cancel);
            for (int k = 0; k < 8; k++)
            {
                byte[] bytes = new byte[random.Next(1, k % 4 == 0 ? 3_000_000 : 100_000)];
                random.NextBytes(bytes);
                long at = random.NextInt64(sizes[i] - bytes.Length);
                await image.Writer.WriteAsync(at, k == 5 ? new byte[bytes.Length] : bytes, Cancel);
                await image.Writer.DiscardAsync(random.NextInt64(sizes[i] - 300_000), random.Next(1, 300_000), Cancel);
            }

            snapshots[i] = await Snapshots.CreateAsync(new CreateSnapshotRequest(image.Ref, $"{(char)('a' + i)}"), Cancel);
            contents[i] = await image.Writer.ReadAsync(Cancel);
        }

        return (image, snapshots, contents);
    }

    /// <summary>Exports.</summary>
    internal async Task<byte[]> ExportAsync(SnapshotInfo? from, SnapshotInfo to)
    {
        TransferPlan plan = await Differentials.PlanAsync(from?.ChangeToken, to.Ref, null, Cancel);
        using var output = new MemoryStream();
        await Differentials.ExportAsync(plan, output, null, Cancel);
        return output.ToArray();
    }

    /// <summary>Applies a stream that cannot be sought.</summary>
    internal Task<SnapshotInfo> ApplyAsync(byte[] stream, TestImage image, CancellationToken? cancellation = null)
        => Differentials.ApplyAsync(new TrickleStream(stream), image.Ref, null, cancellation ?? Cancel);

    /// <summary>Writes a stream to a file.</summary>
    internal async Task<string> FileAsync(string name, byte[] stream)
    {
        await File.WriteAllBytesAsync(In(name), stream, Cancel);
        return In(name);
    }

    /// <summary>What is to stay when something is refused: content, snapshots and notes.</summary>
    internal async Task<(byte[] Content, string Facts)> StateAsync(TestImage image)
        => (await image.Writer.ReadAsync(Cancel), await RbdAsync("snap", "ls", "--all", image.Path) + await RbdAsync("image-meta", "ls", image.Path));

    /// <summary>Requires that an image is as it was, and that nobody has it open.</summary>
    internal async Task RequireAsync((byte[] Content, string Facts) before, TestImage image, string what)
    {
        Assert.DoesNotContain("watcher=", await RbdAsync("status", image.Path), StringComparison.Ordinal);
        (byte[] content, string facts) = await StateAsync(image);
        ExtentOracle.AssertSame(before.Content, content, what);
        Assert.Equal(before.Facts, facts);
    }

    /// <summary>Requires that an image, and its snapshot, have a content.</summary>
    internal async Task RequireContentAsync(byte[] expected, TestImage image, string snapshot)
    {
        byte[] now = await image.Writer.ReadAsync(Cancel);
        ExtentOracle.AssertSame(expected, now, $"{image.Path} after the apply");
        await RbdAsync("export", "--no-progress", $"{image.Path}@{snapshot}", In("exported"));
        byte[] cut = await File.ReadAllBytesAsync(In("exported"), Cancel);
        File.Delete(In("exported"));
        ExtentOracle.AssertSame(expected, cut, $"the snapshot {snapshot} after the apply");
        Assert.DoesNotContain("watcher=", await RbdAsync("status", image.Path), StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await Engine.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private ValueTask StepAsync(string step) => _observer?.Invoke(step) ?? default;
}
