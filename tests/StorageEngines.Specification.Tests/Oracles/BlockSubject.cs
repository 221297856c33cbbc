namespace StorageEngines.Specification;

/// <summary>What the block laws work on: a block volume, or one file of a tree volume. One vocabulary for both.</summary>
public sealed class BlockSubject
{
    private readonly EngineFixture _fixture;

    /// <summary>Makes a subject.</summary>
    /// <param name="fixture">The fixture.</param>
    /// <param name="volume">The volume.</param>
    /// <param name="path">The file in a tree; null for a block volume.</param>
    /// <param name="capabilities">What the engine can do with the volume.</param>
    public BlockSubject(EngineFixture fixture, TestVolume volume, BytePath? path, EngineCapabilities capabilities)
    {
        ArgumentNullException.ThrowIfNull(fixture);
        ArgumentNullException.ThrowIfNull(volume);
        ArgumentNullException.ThrowIfNull(capabilities);
        _fixture = fixture;
        Volume = volume;
        Path = path;
        Capabilities = capabilities;
    }

    /// <summary>The volume.</summary>
    public TestVolume Volume { get; }

    /// <summary>The file in a tree; null for a block volume.</summary>
    public BytePath? Path { get; }

    /// <summary>What the engine can do with the volume.</summary>
    public EngineCapabilities Capabilities { get; }

    /// <summary>The engine's traits.</summary>
    public DeltaTraits Traits => Capabilities.Delta ?? throw new InvalidOperationException("The engine declares no delta traits.");

    private IStorageEngine Engine => _fixture.Engine;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Changes how the storage keeps what is written from now on, where the fixture knows how.</summary>
    /// <param name="number">Which of the ways, 0 or more.</param>
    /// <returns>A task that ends when it is done.</returns>
    public ValueTask ChangeLayoutAsync(int number) => _fixture.ChangeLayoutAsync(Volume, number, Cancel);

    /// <summary>Goes on with a clone of a snapshot, which takes the volume's place; see <see cref="EngineFixture.PromoteCloneAsync"/>.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <returns>The same on the clone; null if the fixture does not offer it.</returns>
    public async Task<BlockSubject?> PromoteCloneAsync(SnapshotInfo snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return await _fixture.PromoteCloneAsync(snapshot.Ref, Cancel) is { } clone ? new BlockSubject(_fixture, clone, Path, Capabilities) : null;
    }

    /// <summary>Writes bytes to the live content.</summary>
    /// <param name="offset">Where, in bytes.</param>
    /// <param name="bytes">What.</param>
    /// <returns>A task that ends when they are written.</returns>
    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes)
        => Path is { } path ? Volume.Tree.WriteAsync(path, offset, bytes, Cancel) : Volume.Block.WriteAsync(offset, bytes, Cancel);

    /// <summary>Discards a range of the live content, or punches a hole.</summary>
    /// <param name="offset">Where, in bytes.</param>
    /// <param name="length">How much, in bytes.</param>
    /// <returns>False if that is not possible.</returns>
    public ValueTask<bool> DiscardAsync(long offset, long length)
        => Path is { } path ? Volume.Tree.PunchHoleAsync(path, offset, length, Cancel) : Volume.Block.DiscardAsync(offset, length, Cancel);

    /// <summary>Changes the capacity, or the file's length.</summary>
    /// <param name="capacityBytes">The new one in bytes.</param>
    /// <returns>False if that is not possible.</returns>
    public async ValueTask<bool> ResizeAsync(long capacityBytes)
    {
        if (Path is not { } path)
        {
            return await Volume.Block.ResizeAsync(capacityBytes, Cancel);
        }

        await Volume.Tree.TruncateAsync(path, capacityBytes, Cancel);
        return true;
    }

    /// <summary>Reads the whole live content.</summary>
    /// <returns>Its bytes.</returns>
    public ValueTask<byte[]> LiveAsync() => Path is { } path ? Volume.Tree.ReadAsync(path, Cancel) : Volume.Block.ReadAsync(Cancel);

    /// <summary>Takes a snapshot.</summary>
    /// <returns>The snapshot.</returns>
    public Task<SnapshotInfo> SnapshotAsync()
        => Engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(Volume.Ref, _fixture.NextName()), Cancel);

    /// <summary>Takes a snapshot, and the live content with it, which must be at rest.</summary>
    /// <returns>Both.</returns>
    public async Task<(SnapshotInfo Snapshot, byte[] Bytes)> CutAsync()
    {
        SnapshotInfo snapshot = await SnapshotAsync();
        return (snapshot, await LiveAsync());
    }

    /// <summary>Asks for the changed extents.</summary>
    /// <param name="baseSnapshot">The base; it must have a token.</param>
    /// <param name="targetSnapshot">The target.</param>
    /// <param name="startingOffset">Where to begin, in bytes. Default: 0.</param>
    /// <param name="maxResults">The most extents in a batch. Default: 0, the engine chooses.</param>
    /// <returns>The whole answer.</returns>
    public Task<ExtentAnswer> DeltaAsync(SnapshotInfo baseSnapshot, SnapshotInfo targetSnapshot, long startingOffset = 0, int maxResults = 0)
    {
        ArgumentNullException.ThrowIfNull(baseSnapshot);
        ArgumentNullException.ThrowIfNull(targetSnapshot);
        return ExtentAnswer.CollectAsync(StreamDelta(TokenOf(baseSnapshot), targetSnapshot.Ref, startingOffset, maxResults, Cancel));
    }

    /// <summary>Asks for the changed extents, as a stream.</summary>
    /// <param name="baseToken">The base.</param>
    /// <param name="target">The target.</param>
    /// <param name="startingOffset">Where to begin, in bytes.</param>
    /// <param name="maxResults">The most extents in a batch.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>The answer.</returns>
    public IAsyncEnumerable<ExtentBatch> StreamDelta(
        ChangeToken baseToken, SnapshotRef target, long startingOffset, int maxResults, CancellationToken cancellationToken)
        => Engine.Feature<IBlockMap>()!.DeltaAsync(
            new DeltaQuery(baseToken, target) { Path = Path, StartingOffset = startingOffset, MaxResults = maxResults }, cancellationToken);

    /// <summary>Asks for the allocated extents.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="startingOffset">Where to begin, in bytes. Default: 0.</param>
    /// <param name="maxResults">The most extents in a batch. Default: 0, the engine chooses.</param>
    /// <returns>The whole answer.</returns>
    public Task<ExtentAnswer> AllocatedAsync(SnapshotInfo snapshot, long startingOffset = 0, int maxResults = 0)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var query = new AllocatedQuery(snapshot.Ref) { Path = Path, StartingOffset = startingOffset, MaxResults = maxResults };
        return ExtentAnswer.CollectAsync(Engine.Feature<IBlockMap>()!.AllocatedAsync(query, Cancel));
    }

    /// <summary>Reads what changed together with its bytes, and writes it over a copy of the base as a consumer does.</summary>
    /// <param name="baseSnapshot">The base; null for the whole target.</param>
    /// <param name="baseBytes">The base's bytes; without a base none.</param>
    /// <param name="targetSnapshot">The target.</param>
    /// <returns>The copy, and the extents as they came.</returns>
    public async Task<(byte[] Copy, ExtentAnswer Answer)> ChangedDataAsync(SnapshotInfo? baseSnapshot, byte[] baseBytes, SnapshotInfo targetSnapshot)
    {
        ArgumentNullException.ThrowIfNull(baseBytes);
        ArgumentNullException.ThrowIfNull(targetSnapshot);
        var batches = new List<ExtentBatch>();
        byte[]? copy = null;
        var query = new ChangedDataQuery(baseSnapshot is null ? null : TokenOf(baseSnapshot), targetSnapshot.Ref);
        await foreach (ChangedData changed in Engine.Feature<IChangedData>()!.ReadAsync(query, Cancel))
        {
            copy ??= baseBytes.AsSpan(0, (int)Math.Min(baseBytes.Length, changed.Map.CapacityBytes)).ToArray().Concat(new byte[Math.Max(0, changed.Map.CapacityBytes - baseBytes.Length)]).ToArray();
            batches.Add(changed.Map);
            int at = 0;
            foreach (Extent extent in changed.Map.Extents)
            {
                Span<byte> place = copy.AsSpan((int)extent.Offset, (int)extent.Length);
                if (extent.State == ExtentState.Zero)
                {
                    place.Clear();
                    continue;
                }

                changed.Data.Span.Slice(at, place.Length).CopyTo(place);
                at += place.Length;
            }

            Assert.Equal(changed.Data.Length, at);
            Assert.InRange(changed.Data.Length, 0, 4 << 20);
        }

        Assert.True(copy is not null, "An answer has at least one batch; this one has none.");
        return (copy, new ExtentAnswer(batches));
    }

    /// <summary>Reads a snapshot's bytes, or the file's.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <returns>All bytes.</returns>
    public Task<byte[]> ReadAsync(SnapshotInfo snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        return TreeImage.ReadAllAsync(Engine.Feature<ISnapshotReader>()!, snapshot.Ref, Path, Cancel);
    }

    /// <summary>The snapshot's change token.</summary>
    /// <param name="snapshot">A snapshot that can be a base.</param>
    /// <returns>The token.</returns>
    public static ChangeToken TokenOf(SnapshotInfo snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        Assert.True(snapshot.ChangeToken is not null, $"{snapshot.Ref} has no change token, although the engine declares Delta or FileDiff.");
        return snapshot.ChangeToken;
    }
}
