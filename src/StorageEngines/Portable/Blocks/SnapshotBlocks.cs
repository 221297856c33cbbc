namespace StorageEngines;

/// <summary>One answer of the change ladder together with the snapshot to read it from. Dispose it on every path.</summary>
internal sealed class SnapshotBlocks : IAsyncDisposable
{
    private readonly IAsyncEnumerator<ExtentBatch> _batches;
    private readonly Stream _snapshot;

    private SnapshotBlocks(IAsyncEnumerator<ExtentBatch> batches, Stream snapshot)
    {
        _batches = batches;
        _snapshot = snapshot;
        First = batches.Current;
    }

    /// <summary>The first batch, with the capacity and the source of all of them.</summary>
    internal ExtentBatch First { get; }

    /// <summary>Asks for changes, or for a full map if there is no base, and opens the target.</summary>
    internal static async ValueTask<SnapshotBlocks> OpenAsync(
        IStorageEngine engine, ChangeToken? baseToken, SnapshotRef target, ChangeLadderOptions options, CancellationToken cancellationToken)
    {
        ISnapshotReader reader = ReaderOf(engine);
        ChangeLadderOptions ladder = baseToken is null ? options with { Fallback = FallbackPolicy.AllocatedThenFull } : options;
        IAsyncEnumerator<ExtentBatch> batches = ChangeLadder.QueryAsync(engine, baseToken, target, ladder, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            await batches.MoveNextAsync().ConfigureAwait(false);
            Stream snapshot = await reader.OpenReadAsync(target, options.Path, cancellationToken).ConfigureAwait(false);
            return new SnapshotBlocks(batches, snapshot);
        }
        catch
        {
            await batches.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The engine's reader.</summary>
    /// <exception cref="CapabilityNotSupportedException">It has none.</exception>
    internal static ISnapshotReader ReaderOf(IStorageEngine engine) => engine.Feature<ISnapshotReader>()
        ?? throw new CapabilityNotSupportedException(EngineCapability.ReadSnapshot, $"Engine '{engine.Name}' cannot read snapshots; use its own export instead.");

    /// <summary>Reads everything, once.</summary>
    internal IAsyncEnumerable<BlockPiece> ReadAsync(CancellationToken cancellationToken) => BlockPieces.ReadAsync(_snapshot, First, _batches, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _batches.DisposeAsync().ConfigureAwait(false);
        await _snapshot.DisposeAsync().ConfigureAwait(false);
    }
}
