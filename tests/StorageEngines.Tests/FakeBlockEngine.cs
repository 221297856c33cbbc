using System.Runtime.CompilerServices;

namespace StorageEngines.Tests;

/// <summary>One block volume whose snapshots are arrays, compared block by block. Each answer can be replaced by a test.</summary>
internal sealed class FakeBlockEngine : IStorageEngine, IBlockMap, IContentMatches, ISnapshotReader, ISnapshots
{
    internal const int Granularity = 512;
    private readonly Dictionary<string, byte[]> _snapshots = [];
    private readonly HashSet<Type> _missing = [];
    private long _bytesRead;

    internal static VolumeRef Volume { get; } = new("fake", "volume-1", "disk");

    public string Name => "fake";

    /// <summary>How many bytes were read from snapshots.</summary>
    internal long BytesRead => Interlocked.Read(ref _bytesRead);

    /// <summary>Thrown by the delta query if set.</summary>
    internal Exception? DeltaError { get; set; }

    /// <summary>Thrown by the allocated query if set.</summary>
    internal Exception? AllocatedError { get; set; }

    /// <summary>Thrown by the delta query after its first batch if set.</summary>
    internal Exception? LateError { get; set; }

    /// <summary>Changes each extent list before it is reported.</summary>
    internal Func<IEnumerable<Extent>, IEnumerable<Extent>> Distort { get; set; } = extents => extents;

    /// <summary>What moved, in the answer to that question.</summary>
    internal IEnumerable<ContentMatch> Matches { get; set; } = [];

    internal SnapshotInfo Add(string id, byte[] content)
    {
        _snapshots.Add(id, content);
        return Info(id);
    }

    internal FakeBlockEngine Without<T>()
    {
        _missing.Add(typeof(T));
        return this;
    }

    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => new(new EngineProbe("1", []));

    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
        => new(new EngineCapabilities(EngineCapability.Delta | EngineCapability.Allocated | EngineCapability.ReadSnapshot, null));

    public IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public T? Feature<T>()
        where T : class, IEngineFeature
        => _missing.Contains(typeof(T)) ? null : this as T;

    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        if (AllocatedError is not null)
        {
            throw AllocatedError;
        }

        byte[] content = _snapshots[query.Snapshot.Id];
        foreach (ExtentBatch batch in Batches(Blocks([], content), content, null, ChangeSource.NativeAllocated, query.StartingOffset, query.MaxResults))
        {
            yield return batch;
        }
    }

    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.Yield();
        if (DeltaError is not null)
        {
            throw DeltaError;
        }

        byte[] from = _snapshots[query.Base.Value];
        byte[] to = _snapshots[query.Target.Id];
        foreach (ExtentBatch batch in Batches(Distort(Blocks(from, to)), to, from.Length, ChangeSource.NativeDelta, query.StartingOffset, query.MaxResults))
        {
            yield return batch;
            if (LateError is not null)
            {
                throw LateError;
            }
        }
    }

    public IAsyncEnumerable<ContentMatch> ListAsync(DeltaQuery query, CancellationToken cancellationToken = default) => Matches.ToAsyncEnumerable();

    public ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
        => new(new CountingStream(this, _snapshots[snapshot.Id]));

    public Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default) => Task.FromResult(Info(snapshot.Id));

    public Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<SnapshotInfo> ListAsync(VolumeRef? volume, string? namePrefix = null, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public Task<VolumeInfo> CloneAsync(
        SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
        => throw new NotSupportedException();

    public Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask DisposeAsync() => default;

    private SnapshotInfo Info(string id)
        => new(new SnapshotRef(Volume, id, id), DateTimeOffset.UnixEpoch, _snapshots[id].Length, SnapshotState.Ready, Consistency.Crash)
        { ChangeToken = new ChangeToken("fake", Volume.Id, "1", id) };

    /// <summary>The blocks that differ; blocks of zeroes are reported as such if the base had something there or was shorter.</summary>
    private static IEnumerable<Extent> Blocks(byte[] from, byte[] to)
    {
        for (int at = 0; at < to.Length; at += Granularity)
        {
            int length = Math.Min(Granularity, to.Length - at);
            ReadOnlySpan<byte> now = to.AsSpan(at, length);
            bool zero = !now.ContainsAnyExcept((byte)0);
            bool grown = at + length > from.Length;
            if (from.Length == 0 ? !zero : grown || !now.SequenceEqual(from.AsSpan(at, length)))
            {
                yield return new Extent(at, length, zero ? ExtentState.Zero : ExtentState.Data);
            }
        }
    }

    private static IEnumerable<ExtentBatch> Batches(
        IEnumerable<Extent> extents, byte[] to, long? baseCapacity, ChangeSource source, long startingOffset, int maxResults)
    {
        var like = new ExtentBatch(ExtentStyle.VariableLength, to.Length, baseCapacity, source, Exactness.Exact, []);
        bool any = false;
        foreach (Extent[] part in extents.Where(e => e.End > startingOffset).Chunk(maxResults > 0 ? maxResults : 7))
        {
            any = true;
            yield return like with { Extents = part };
        }

        if (!any)
        {
            yield return like;
        }
    }

    private sealed class CountingStream(FakeBlockEngine engine, byte[] content) : MemoryStream(content, writable: false)
    {
        public override int Read(Span<byte> buffer)
        {
            int read = base.Read(buffer);
            Interlocked.Add(ref engine._bytesRead, read);
            return read;
        }
    }
}
