using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Tests.Reflink;

/// <summary>A tree and a store on a file system of their own; files from <see cref="Large"/> bytes on are cloned.</summary>
internal sealed class TreeCloneScratch : IAsyncDisposable
{
    public const int Large = 256 << 10;

    private readonly LoopFileSystem _system;
    private readonly VolumeReadMeter _meter = new();
    private readonly List<TarRsyncStorageEngine> _engines = [];
    private int _names;

    public TreeCloneScratch(string kind, long sizeBytes = 512L << 20)
    {
        _system = LoopFileSystem.MakeOrSkip(kind, sizeBytes);
        Directory.CreateDirectory(Live);
        Engine = Open(ReflinkMode.Auto);
    }

    public string Mount => _system.Mount;

    public string Live => Path.Combine(Mount, "live");

    public string Store => Path.Combine(Mount, "store");

    public string[] Clones => Directory.Exists(Path.Combine(Store, "clones")) ? Directory.GetFiles(Path.Combine(Store, "clones")) : [];

    public TarRsyncStorageEngine Engine { get; }

    public ISnapshots Snapshots => Engine.Feature<ISnapshots>()!;

    public long BytesRead => _meter.Bytes;

    /// <summary>Another engine on the same store.</summary>
    public TarRsyncStorageEngine Open(ReflinkMode mode)
    {
        var engine = new TarRsyncStorageEngine(Store, TimeProvider.System, _meter, reflink: mode, cloneFrom: Large);
        _engines.Add(engine);
        return engine;
    }

    public string At(string name) => Path.Combine(Live, name);

    public byte[] Write(string name, int length, int seed)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        File.WriteAllBytes(At(name), bytes);
        return bytes;
    }

    public void Patch(string name, long offset, byte[] bytes)
    {
        using SafeFileHandle file = File.OpenHandle(At(name), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        FileWriting.WriteAt(file, bytes, offset);
    }

    public async Task<VolumeRef> VolumeAsync() => (await Engine.ResolveVolumeAsync(BytePath.FromString(Live))).Ref;

    public async Task<SnapshotInfo> SnapshotAsync(TarRsyncStorageEngine? engine = null, double recheckPercent = 0)
    {
        engine ??= Engine;
        VolumeRef volume = (await engine.ResolveVolumeAsync(BytePath.FromString(Live))).Ref;
        return await engine.Feature<ISnapshots>()!.CreateAsync(
            new CreateSnapshotRequest(volume, $"seng-test-{_names++}") { RecheckPercent = recheckPercent });
    }

    /// <summary>Takes a snapshot, told of each step that changes the store.</summary>
    public SnapshotRecord Snapshot(Action<string> step)
    {
        using SnapshotStore store = SnapshotStore.Open(Store, StoreAccess.Write, create: true, TimeProvider.System, step);
        VolumePlace place = VolumePlace.Find(BytePath.FromString(Live));
        var choices = new CaptureChoices(FileChunking.Auto, ReflinkMode.Auto, CloneFrom: Large);
        return new SnapshotCreator(store, TimeProvider.System, _meter, () => FileClock.Now, choices)
            .Create(place, new CreateSnapshotRequest(VolumeLookup.Ref(place.Id, place.Location), $"seng-test-{_names++}"), CancellationToken.None);
    }

    public async Task<byte[]> ReadAsync(SnapshotInfo snapshot, string name)
    {
        await using Stream stream = await Engine.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot.Ref, BytePath.FromString(name));
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    /// <summary>Fails unless a snapshot's file holds just that.</summary>
    public async Task AssertHoldsAsync(SnapshotInfo snapshot, string name, byte[] expected)
    {
        byte[] bytes = await ReadAsync(snapshot, name);
        Assert.True(bytes.AsSpan().SequenceEqual(expected), $"'{name}' in {snapshot.Ref.Name} holds something else.");
    }

    public async Task<List<FileChange>> DiffAsync(SnapshotInfo from, SnapshotInfo to)
        => await Engine.Feature<IFileDiff>()!.DiffAsync(new FileDiffQuery(from.ChangeToken!, to.Ref)).ToListAsync();

    public async Task<List<ExtentBatch>> DeltaAsync(SnapshotInfo from, SnapshotInfo to, string name)
        => await Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from.ChangeToken!, to.Ref) { Path = BytePath.FromString(name) }).ToListAsync();

    /// <summary>Fails unless the base's file, cut or extended, with the extents written over it is the target's. Returns the answer.</summary>
    public async Task<List<ExtentBatch>> AssertRebuildsAsync(SnapshotInfo from, SnapshotInfo to, string name)
    {
        List<ExtentBatch> batches = await DeltaAsync(from, to, name);
        byte[] target = await ReadAsync(to, name);
        byte[] copy = await ReadAsync(from, name);
        Array.Resize(ref copy, target.Length);
        foreach (Extent extent in batches.SelectMany(batch => batch.Extents))
        {
            Span<byte> range = copy.AsSpan((int)extent.Offset, (int)extent.Length);
            range.Clear();
            if (extent.State == ExtentState.Data)
            {
                target.AsSpan((int)extent.Offset, (int)extent.Length).CopyTo(range);
            }
        }

        int at = copy.AsSpan().CommonPrefixLength(target);
        Assert.True(at == target.Length, $"{name}: byte {at} differs, and the delta does not say so: {string.Join(' ', batches.SelectMany(batch => batch.Extents))}");
        return batches;
    }

    /// <summary>Fails unless all that the store has as clones is of snapshots that there are.</summary>
    public async Task AssertNoStrayClonesAsync()
    {
        List<string> ids = await Snapshots.ListAsync(await VolumeAsync()).Select(snapshot => snapshot.Ref.Id).ToListAsync();
        Assert.All(Clones, path => Assert.Contains(Path.GetFileName(path)[..32], ids));
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
