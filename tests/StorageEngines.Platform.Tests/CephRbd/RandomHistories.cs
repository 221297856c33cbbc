using System.Globalization;
using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.Platform.Tests.CephRbd;

/// <summary>Random histories of images in one namespace: as many as <c>SENG_SPEC_HISTORIES</c> says, or as usual, from the seed <c>SENG_SPEC_SEED</c> on, or from any.</summary>
internal sealed class RandomHistories : IDisposable
{
    private readonly ConnectionLease _lease;
    private readonly PoolHandle _pool;

    internal RandomHistories(CephRbdSettings settings, string space, int usualCount)
    {
        (Settings, Space, _lease) = (settings, space, ClusterConnections.Take(settings));
        Assert.Equal(0, _lease.Connection.TryPool(_lease.Connection.FindPool("rbd"), space.Split('/')[1], out _pool));
        Count = int.TryParse(Environment.GetEnvironmentVariable("SENG_SPEC_HISTORIES"), CultureInfo.InvariantCulture, out int asked) ? asked : usualCount;
        FirstSeed = int.TryParse(Environment.GetEnvironmentVariable("SENG_SPEC_SEED"), CultureInfo.InvariantCulture, out int seed) ? seed : Environment.TickCount;
    }

    internal CephRbdSettings Settings { get; }

    internal string Space { get; }

    internal int Count { get; }

    internal int FirstSeed { get; }

    internal IEnumerable<int> Seeds => Enumerable.Range(FirstSeed, Count);

    /// <summary>Plays one, whose snapshots are cut through the engine, by this way to the cluster. The caller disposes it.</summary>
    internal async Task<ImageHistory> PlayAsync(int seed, Func<IRbdHost> makeHost, CancellationToken cancellationToken)
    {
        await using var cutter = new CephRbdStorageEngine(makeHost(), DiffMode.Hybrid);
        var history = new ImageHistory(_pool, string.Create(CultureInfo.InvariantCulture, $"h{seed}"), seed, (image, name) => CutAsync(cutter, $"{Space}/{image}", name).GetAwaiter().GetResult(),
            (image, name) => CutGroupAsync(cutter, $"{Space}/{image}", name).GetAwaiter().GetResult());
        await Task.Run(history.Play, cancellationToken);
        return history;
    }

    /// <summary>Reads a snapshot.</summary>
    internal static async Task<byte[]> ReadAsync(CephRbdStorageEngine engine, SnapshotInfo snapshot, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[snapshot.SizeBytes];
        await using Stream stream = await engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, null, cancellationToken);
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Count} histories from seed {FirstSeed}");

    public void Dispose() => _lease.Dispose();

    private static async Task CutAsync(CephRbdStorageEngine engine, string path, string name)
    {
        VolumeInfo volume = await engine.ResolveVolumeAsync(BytePath.FromString(path));
        await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, name));
    }

    private static async Task CutGroupAsync(CephRbdStorageEngine engine, string path, string name)
    {
        VolumeInfo volume = await engine.ResolveVolumeAsync(BytePath.FromString(path));
        Assert.True((await engine.Feature<IGroupSnapshots>()!.CreateAsync([volume.Ref], name)).Complete);
    }
}
