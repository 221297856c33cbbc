using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Reflink;

namespace StorageEngines.TarRsync.Tests.Reflink;

/// <summary>An image and a store on a file system of their own, and the oracle: base + changed extents = target.</summary>
internal sealed class CloneScratch : IAsyncDisposable
{
    private readonly LoopFileSystem _system;
    private readonly VolumeReadMeter _meter = new();
    private readonly List<TarRsyncStorageEngine> _engines = [];
    private int _names;

    public CloneScratch(string kind, long sizeBytes = 512L << 20)
    {
        _system = LoopFileSystem.MakeOrSkip(kind, sizeBytes);
        Engine = Open(ReflinkMode.Always);
    }

    public string Mount => _system.Mount;

    public string Image => Path.Combine(Mount, "image");

    public string Store => Path.Combine(Mount, "store");

    public TarRsyncStorageEngine Engine { get; }

    public long BytesReadOfVolume => _meter.Bytes;

    /// <summary>Another engine on the same store.</summary>
    public TarRsyncStorageEngine Open(ReflinkMode mode)
    {
        var engine = new TarRsyncStorageEngine(Store, TimeProvider.System, _meter, reflink: mode);
        _engines.Add(engine);
        return engine;
    }

    public async Task<SnapshotInfo> SnapshotAsync(TarRsyncStorageEngine? engine = null)
    {
        engine ??= Engine;
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(Image))).Ref;
        return await engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume, $"seng-test-{_names++}"));
    }

    public async Task<byte[]> ReadAsync(SnapshotInfo snapshot)
    {
        await using Stream stream = await Engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    public async Task<List<ExtentBatch>> DeltaAsync(SnapshotInfo from, SnapshotInfo to)
        => await Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref)).ToListAsync();

    /// <summary>Fails unless the base, cut or extended, with the extents written over it is the target. Returns the answer.</summary>
    public async Task<List<ExtentBatch>> AssertRebuildsAsync(SnapshotInfo from, SnapshotInfo to, string what)
    {
        List<ExtentBatch> batches = await DeltaAsync(from, to);
        byte[] target = await ReadAsync(to);
        byte[] copy = await ReadAsync(from);
        Assert.Equal(target.Length, batches[0].CapacityBytes);
        Array.Resize(ref copy, target.Length);
        long last = 0;
        foreach (Extent extent in batches.SelectMany(batch => batch.Extents))
        {
            Assert.True(extent.Offset >= last && extent.End <= target.Length, $"{what}: {extent} after {last}");
            last = extent.End;
            Span<byte> range = copy.AsSpan((int)extent.Offset, (int)extent.Length);
            range.Clear();
            if (extent.State == ExtentState.Data)
            {
                target.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(range);
            }
        }

        int at = copy.AsSpan().CommonPrefixLength(target);
        Assert.True(at == target.Length, $"{what}: byte {at} differs, and the delta does not say so: {string.Join(' ', batches.SelectMany(batch => batch.Extents))}");
        return batches;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TarRsyncStorageEngine engine in _engines)
        {
            await engine.DisposeAsync();
        }

        _system.Dispose();
    }
}
