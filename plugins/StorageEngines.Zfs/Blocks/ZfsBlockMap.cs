using System.Runtime.CompilerServices;
using StorageEngines.BlockMaps;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Blocks;

/// <summary>The blocks of a volume that changed or are allocated, from the send stream. Files of a dataset are asked about elsewhere.</summary>
/// <param name="host">The host.</param>
/// <param name="catalog">Finds snapshots.</param>
/// <param name="trees">Answers for files; null if nobody does.</param>
internal sealed class ZfsBlockMap(ZfsHost host, SnapshotCatalog catalog, ITreeBlocks? trees) : IBlockMap
{
    /// <inheritdoc/>
    /// <remarks>
    /// OpenZFS has no cheaper list of what is allocated than a full stream, for which the host reads all data of the snapshot; none of it comes over where the host has <c>zstream</c>.
    /// Implements: zfs-send(8), zstream(8).
    /// </remarks>
    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxResults);
        cancellationToken.ThrowIfCancellationRequested();
        ZfsSnapshot snapshot = await catalog.RequireAsync(query.Snapshot, cancellationToken).ConfigureAwait(false);
        IAsyncEnumerable<ExtentBatch> answer = snapshot.VolumeBytes is { } capacity
            ? AllocatedAsync(snapshot, capacity, query, cancellationToken)
            : Trees(trees, query.Snapshot).AllocatedAsync(snapshot, query, cancellationToken);
        await foreach (ExtentBatch batch in answer.ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: zfs-send(8) with <c>-i</c>, zstream(8).</remarks>
    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxResults);
        cancellationToken.ThrowIfCancellationRequested();
        SnapshotPair pair = await catalog.PairAsync(query.Base, query.Target, cancellationToken).ConfigureAwait(false);
        IAsyncEnumerable<ExtentBatch> answer = pair.Target.VolumeBytes is { } capacity
            ? DeltaAsync(pair, capacity, query, cancellationToken)
            : Trees(trees, query.Target).DeltaAsync(pair, query, cancellationToken);
        await foreach (ExtentBatch batch in answer.ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    private async IAsyncEnumerable<ExtentBatch> AllocatedAsync(
        ZfsSnapshot snapshot, long capacity, AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireNoPath(query.Path, query.Snapshot);
        ExtentBatches.CheckOffset(query.StartingOffset, capacity, ZfsEngineFactory.SchemeName);
        var head = new ExtentBatch(ExtentStyle.VariableLength, capacity, null, ChangeSource.NativeAllocated, Exactness.Exact, []);
        if (query.StartingOffset == capacity)
        {
            yield return head;
            yield break;
        }

        var question = new ZfsChangeQuestion(0, snapshot.Guid, ZfsChangeQuestion.VolumeData, 0, capacity);
        await using SendMap map = await SendMap.StartAsync(host, null, snapshot, cancellationToken).ConfigureAwait(false);
        IEnumerable<Extent> extents = Lazily(map, question).Where(extent => extent.State == ExtentState.Data);
        await foreach (ExtentBatch batch in StreamedBatches.CutAsync(head, extents, query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    private async IAsyncEnumerable<ExtentBatch> DeltaAsync(SnapshotPair pair, long capacity, DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RequireNoPath(query.Path ?? query.BasePath, query.Target);
        ExtentBatches.CheckOffset(query.StartingOffset, capacity, ZfsEngineFactory.SchemeName);
        long baseCapacity = CapacityOf(pair.Base);

        // A block that was written again with the same bytes is told, and so are small holes that were holes before.
        var head = new ExtentBatch(ExtentStyle.VariableLength, capacity, baseCapacity, ChangeSource.NativeDelta, Exactness.Superset, []);
        if (query.StartingOffset == capacity || pair.Base.Guid == pair.Target.Guid)
        {
            yield return head;
            yield break;
        }

        var question = new ZfsChangeQuestion(pair.Base.Guid, pair.Target.Guid, ZfsChangeQuestion.VolumeData, baseCapacity, capacity);
        await using SendMap map = await SendMap.StartAsync(host, pair.Base, pair.Target, cancellationToken).ConfigureAwait(false);
        IEnumerable<Extent> extents = Lazily(map, question);
        extents = BaseHoles.Of(host, pair.Base, cancellationToken)?.LeaveOut(extents, query.StartingOffset) ?? extents;
        await foreach (ExtentBatch batch in StreamedBatches.CutAsync(head, extents, query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <summary>Who answers for files.</summary>
    internal static ITreeBlocks Trees(ITreeBlocks? trees, SnapshotRef snapshot) => trees ?? throw new CapabilityNotSupportedException(
        EngineCapability.Delta, $"{snapshot} is of a file system, of whose files blocks are not known here.") { Engine = ZfsEngineFactory.SchemeName };

    // Opening the map waits for the program's first words.
    private static IEnumerable<Extent> Lazily(SendMap map, ZfsChangeQuestion question)
    {
        foreach (Extent extent in ZfsExtents.Of(map.Open(question), question))
        {
            yield return extent;
        }
    }

    /// <summary>How large a volume was.</summary>
    internal static long CapacityOf(SendBase from) => from.VolumeBytes ?? throw new ChangeTrackingUnavailableException(
        EngineReason.ChangeTrackingLost, $"Neither the token nor '{from.SendName}' says how large the volume was; take a full copy.") { Engine = ZfsEngineFactory.SchemeName };

    /// <summary>Refuses a path on a volume.</summary>
    internal static void RequireNoPath(BytePath? path, SnapshotRef snapshot)
    {
        if (path is not null)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"{snapshot} is of a block volume, which has no files; leave the path out.") { Engine = ZfsEngineFactory.SchemeName };
        }
    }
}
