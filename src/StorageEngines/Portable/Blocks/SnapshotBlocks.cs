using StorageEngines.RbdDiffs;

namespace StorageEngines;

/// <summary>What changed, or is allocated, together with its bytes: in one pass where the engine can, else one answer of the change ladder and the snapshot to read it from. Dispose it on every path.</summary>
internal sealed class SnapshotBlocks : IAsyncDisposable
{
    private readonly IAsyncEnumerator<ExtentBatch>? _batches;
    private readonly Stream? _snapshot;
    private readonly IAsyncEnumerator<ChangedData>? _changes;

    private SnapshotBlocks(IAsyncEnumerator<ExtentBatch> batches, Stream snapshot)
    {
        _batches = batches;
        _snapshot = snapshot;
        First = batches.Current;
    }

    private SnapshotBlocks(IAsyncEnumerator<ChangedData> changes)
    {
        _changes = changes;
        First = changes.Current.Map;
    }

    /// <summary>The first batch, with the capacity and the source of all of them.</summary>
    internal ExtentBatch First { get; }

    /// <summary>Asks for changes, or for a full map if there is no base, and opens the target.</summary>
    internal static async ValueTask<SnapshotBlocks> OpenAsync(
        IStorageEngine engine, ChangeToken? baseToken, SnapshotRef target, ChangeLadderOptions options, CancellationToken cancellationToken)
    {
        ISnapshotReader reader = ReaderOf(engine);
        if (await TryOnePassAsync(engine, baseToken, target, options, cancellationToken).ConfigureAwait(false) is { } changes)
        {
            return new SnapshotBlocks(changes);
        }

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
    internal IAsyncEnumerable<BlockPiece> ReadAsync(CancellationToken cancellationToken)
        => _changes is not null ? BlockPieces.ReadAsync(_changes) : BlockPieces.ReadAsync(_snapshot!, _batches!, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_changes is not null)
        {
            await _changes.DisposeAsync().ConfigureAwait(false);
            return;
        }

        await _batches!.DisposeAsync().ConfigureAwait(false);
        await _snapshot!.DisposeAsync().ConfigureAwait(false);
    }

    // Null where the engine cannot: the ladder then says why, or takes its next step.
    private static async ValueTask<IAsyncEnumerator<ChangedData>?> TryOnePassAsync(
        IStorageEngine engine, ChangeToken? baseToken, SnapshotRef target, ChangeLadderOptions options, CancellationToken cancellationToken)
    {
        if (options.Path is not null || engine.Feature<IChangedData>() is not { } changed
            || !(await engine.GetCapabilitiesAsync(target.Volume, cancellationToken).ConfigureAwait(false)).Has(EngineCapability.ChangedData))
        {
            return null;
        }

        IAsyncEnumerator<ChangedData> changes = changed.ReadAsync(new ChangedDataQuery(baseToken, target), cancellationToken).GetAsyncEnumerator(cancellationToken);
        bool started = false;
        try
        {
            started = await changes.MoveNextAsync().ConfigureAwait(false);
            return started ? changes : throw ExtentOrder.Fault("a query for changed data was answered without a single batch");
        }
        catch (StorageEngineException e) when (e is CapabilityNotSupportedException || e.Recovery == Recovery.TakeFull)
        {
            return null;
        }
        finally
        {
            if (!started)
            {
                await changes.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
