using System.Runtime.CompilerServices;
using StorageEngines.Testing;

namespace StorageEngines.Tests.Fleets;

/// <summary>An in-memory engine with many volumes, whose lists and answers a test can change, one by one.</summary>
internal sealed class FleetEngine : IStorageEngine, IBlockMap, ISnapshots
{
    internal const int VolumeBytes = 64 * 4096;
    private readonly HashSet<Type> _missing = [];
    private int _lists;
    private int _asking;
    private int _mostAsking;

    internal InMemoryStorageEngine Inner { get; } = new();

    public string Name => Inner.Name;

    /// <summary>Answers for a volume, by its name, instead of the engine; null leaves it to the engine. Default: null.</summary>
    internal Func<string, CancellationToken, IAsyncEnumerable<ExtentBatch>?>? OnDelta { get; set; }

    /// <summary>Changes a snapshot as it is listed, or throws; null drops it. Default: null.</summary>
    internal Func<SnapshotInfo, SnapshotInfo?>? OnListed { get; set; }

    /// <summary>Changes a volume as it is listed, or throws; null drops it. Default: null.</summary>
    internal Func<VolumeInfo, VolumeInfo?>? OnVolume { get; set; }

    /// <inheritdoc/>
    public bool ListsPerVolume { get; init; }

    /// <summary>How often snapshots were listed.</summary>
    internal int Lists => Volatile.Read(ref _lists);

    /// <summary>How many questions have not ended.</summary>
    internal int Asking => Volatile.Read(ref _asking);

    /// <summary>The most questions that there were at once.</summary>
    internal int MostAsking => Volatile.Read(ref _mostAsking);

    internal FleetEngine Without<T>()
    {
        _missing.Add(typeof(T));
        return this;
    }

    /// <summary>Makes volumes <c>v00</c>, <c>v01</c> and so on with snapshots <c>a</c> and <c>b</c>, between which one block changed. The snapshots of all are interleaved.</summary>
    internal async Task<FleetEngine> WithPairsAsync(int count)
    {
        InMemoryBlockVolume[] volumes = [.. Enumerable.Range(0, count).Select(i => Inner.CreateBlockVolume($"v{i:00}", VolumeBytes))];
        await CutAllAsync(volumes, "a");
        Array.ForEach(volumes, volume => volume.Write(4096, [1]));
        await CutAllAsync(volumes, "b");
        return this;
    }

    internal Task<SnapshotInfo> CutAsync(InMemoryBlockVolume volume, string name)
        => Inner.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(volume.Ref, name), TestContext.Current.CancellationToken);

    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => Inner.ProbeAsync(cancellationToken);

    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
        => Inner.GetCapabilitiesAsync(volume, cancellationToken);

    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (VolumeInfo volume in Inner.ListVolumesAsync(cancellationToken))
        {
            if ((OnVolume is null ? volume : OnVolume(volume)) is { } changed)
            {
                yield return changed;
            }
        }
    }

    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => Inner.ResolveVolumeAsync(location, cancellationToken);

    public T? Feature<T>()
        where T : class, IEngineFeature
        => _missing.Contains(typeof(T)) ? null : this as T;

    public async IAsyncEnumerable<SnapshotInfo> ListAsync(
        VolumeRef? volume, string? namePrefix = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Interlocked.Increment(ref _lists);
        await foreach (SnapshotInfo snapshot in Inner.Feature<ISnapshots>()!.ListAsync(volume, namePrefix, cancellationToken))
        {
            if ((OnListed is null ? snapshot : OnListed(snapshot)) is { } changed)
            {
                yield return changed;
            }
        }
    }

    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        int now = Interlocked.Increment(ref _asking);
        for (int most = MostAsking; now > most && Interlocked.CompareExchange(ref _mostAsking, now, most) != most; most = MostAsking)
        {
        }

        try
        {
            await Task.Yield();
            await foreach (ExtentBatch batch in OnDelta?.Invoke(query.Target.Volume.Name!, cancellationToken) ?? Inner.Feature<IBlockMap>()!.DeltaAsync(query, cancellationToken))
            {
                yield return batch;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _asking);
        }
    }

    public IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public Task<VolumeInfo> CloneAsync(
        SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => Inner.DisposeAsync();

    private async Task CutAllAsync(IEnumerable<InMemoryBlockVolume> volumes, string name)
    {
        foreach (InMemoryBlockVolume volume in volumes)
        {
            await CutAsync(volume, name);
        }
    }
}
