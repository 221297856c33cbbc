using System.Runtime.CompilerServices;

namespace StorageEngines.Testing;

/// <summary>Allocated and changed extents, exact to the block, without a byte read through a stream.</summary>
internal sealed class MemoryBlockMap(MemoryStore store) : IBlockMap
{
    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Require(EngineCapability.Allocated);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("allocated:begin", cancellationToken).ConfigureAwait(false);
        SparseContent target;
        lock (store.Gate)
        {
            target = MemoryFiles.Require(store.RequireSnapshot(query.Snapshot, withData: true).Content, query.Path);
        }

        CheckRange(query.StartingOffset, query.MaxResults, target.Length);
        IEnumerable<Extent> extents = ContentExtents.Allocated(target, query.StartingOffset);
        await foreach (ExtentBatch batch in Batches("allocated:batch", extents, target.Length, null, ChangeSource.NativeAllocated, query.MaxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("delta:begin", cancellationToken).ConfigureAwait(false);
        SparseContent? baseContent;
        SparseContent target;
        lock (store.Gate)
        {
            RequireTracking(query.Target);
            (StoredSnapshot baseSnapshot, StoredSnapshot targetSnapshot) = LineageCheck.Require(store, query.Base, query.Target);
            target = MemoryFiles.Require(targetSnapshot.Content, query.Path);
            baseContent = targetSnapshot.Content.Kind == VolumeKind.Block
                ? baseSnapshot.Content.Block
                : baseSnapshot.Content.Tree!.Find(query.BasePath ?? query.Path!.Value)?.Content;
        }

        CheckRange(query.StartingOffset, query.MaxResults, target.Length);
        IEnumerable<Extent> extents = ContentExtents.Differing(baseContent, target, query.StartingOffset);
        await foreach (ExtentBatch batch in Batches("delta:batch", extents, target.Length, baseContent?.Length ?? 0, ChangeSource.NativeDelta, query.MaxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    private async IAsyncEnumerable<ExtentBatch> Batches(
        string step, IEnumerable<Extent> extents, long capacity, long? baseCapacity, ChangeSource source, int maxResults, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int size = maxResults == 0 ? store.Options.MaxExtentsPerBatch : Math.Min(maxResults, store.Options.MaxExtentsPerBatch);
        bool any = false;
        foreach (Extent[] chunk in extents.Chunk(size))
        {
            await store.StepAsync(step, cancellationToken).ConfigureAwait(false);
            any = true;
            yield return new ExtentBatch(ExtentStyle.VariableLength, capacity, baseCapacity, source, Exactness.Exact, chunk);
        }

        await store.StepAsync(step, cancellationToken).ConfigureAwait(false);
        if (!any)
        {
            yield return new ExtentBatch(ExtentStyle.VariableLength, capacity, baseCapacity, source, Exactness.Exact, []);
        }
    }

    private static void CheckRange(long startingOffset, int maxResults, long capacity)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxResults);
        if (startingOffset < 0 || startingOffset > capacity)
        {
            throw new StorageEngineException(
                EngineStatus.OutOfRange, EngineReason.None, Recovery.FixRequest, $"The starting offset {startingOffset} is outside of 0 to the capacity, {capacity}.")
            { Engine = InMemoryStorageEngine.Scheme };
        }
    }

    private void RequireTracking(SnapshotRef target)
    {
        if (store.Options.Disabled.HasFlag(EngineCapability.Delta))
        {
            throw new ChangeTrackingUnavailableException(EngineReason.ChangeTrackingOff, $"Change tracking is off for volume '{target.Volume}'; take a full copy.")
            { Engine = InMemoryStorageEngine.Scheme };
        }
    }

    private void Require(EngineCapability capability) => new EngineCapabilities(~store.Options.Disabled, null).Require(capability, "The in-memory engine");
}
