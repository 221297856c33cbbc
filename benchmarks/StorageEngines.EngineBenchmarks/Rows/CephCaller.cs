using StorageEngines.CephRbd;
using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.EngineBenchmarks.Rows;

/// <summary>Uses the Ceph RBD engine from this process, with a connection that is kept.</summary>
/// <param name="conf">The cluster's configuration file.</param>
/// <param name="image">An image of the pool <c>rbd</c>: <c>IMAGE</c> or <c>NAMESPACE/IMAGE</c>.</param>
/// <param name="mode">How it is to be asked.</param>
internal sealed class CephCaller(string conf, string image, DiffMode mode) : IAsyncDisposable
{
    private readonly CephRbdSettings _settings = new() { Configuration = conf };
    private readonly Dictionary<string, SnapshotInfo> _snapshots = [];
    private CephRbdStorageEngine? _engine;

    /// <summary>How the last answer was found.</summary>
    public string? LastMode { get; private set; }

    private CephRbdStorageEngine Engine => _engine ??= new CephRbdStorageEngine(new NativeRbdHost(_settings), mode);

    /// <summary>Takes a snapshot.</summary>
    public async Task SnapshotAsync(string name)
    {
        VolumeInfo volume = await Engine.ResolveVolumeAsync(BytePath.FromString($"rbd/{image}"));
        await Engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, name));
    }

    /// <summary>What changed from <c>first</c> to <c>second</c>. A backup program has the token of the base and the new snapshot at hand.</summary>
    public async Task<List<Extent>> ChangesAsync()
    {
        if (_snapshots.Count == 0)
        {
            VolumeInfo volume = await Engine.ResolveVolumeAsync(BytePath.FromString($"rbd/{image}"));
            await foreach (SnapshotInfo each in Engine.Feature<ISnapshots>()!.ListAsync(volume.Ref))
            {
                _snapshots[each.Ref.Name!] = each;
            }
        }

        List<Extent> answer = [];
        await foreach (ExtentBatch batch in Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(_snapshots["first"].ChangeToken!, _snapshots["second"].Ref)))
        {
            answer.AddRange(batch.Extents);
            LastMode = batch.Mode;
        }

        return answer;
    }

    /// <summary>Writes ranges, from a file of the image's layout; without one the same byte everywhere.</summary>
    public unsafe void Write(IEnumerable<Extent> ranges, string? file)
    {
        using ConnectionLease lease = ClusterConnections.Take(_settings);
        string[] names = image.Split('/');
        Check(lease.Connection.TryPool(lease.Connection.FindPool("rbd"), names.Length == 1 ? "" : names[0], out PoolHandle pool));
        Check(Rbd.Open(pool, names[^1], out nint opened, null));
        using var handle = new ImageHandle(opened, pool);
        using FileStream? source = file is null ? null : File.OpenRead(file);
        foreach (Extent range in ranges)
        {
            byte[] bytes = new byte[range.Length];
            bytes.AsSpan().Fill(1);
            if (source is not null)
            {
                source.Position = range.Offset;
                source.ReadExactly(bytes);
            }

            fixed (byte* start = bytes)
            {
                Check((int)Math.Min(0, Rbd.Write(handle, (ulong)range.Offset, (nuint)bytes.Length, start)));
            }
        }

        Check(Rbd.Flush(handle));
    }

    public async ValueTask DisposeAsync()
    {
        if (_engine is not null)
        {
            await _engine.DisposeAsync();
        }
    }

    private static void Check(int result)
    {
        if (result < 0)
        {
            throw new InvalidOperationException($"librbd: {result}");
        }
    }
}
