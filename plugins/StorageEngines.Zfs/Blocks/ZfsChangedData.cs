using System.Runtime.CompilerServices;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;
using StorageEngines.Zfs.Transfer;

namespace StorageEngines.Zfs.Blocks;

/// <summary>The blocks of a volume that changed, or all that are allocated, with their bytes, in one pass over the send stream. Blocks come over as they are compressed and are expanded here.</summary>
/// <param name="host">The host.</param>
/// <param name="catalog">Finds snapshots.</param>
internal sealed class ZfsChangedData(ZfsHost host, SnapshotCatalog catalog) : IChangedData
{
    private const int MostBytes = 4 << 20;
    private const int MostExtents = 1024;

    /// <inheritdoc/>
    /// <exception cref="CapabilityNotSupportedException">It is of a file system.</exception>
    /// <remarks>Implements: zfs-send(8).</remarks>
    public async IAsyncEnumerable<ChangedData> ReadAsync(ChangedDataQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        cancellationToken.ThrowIfCancellationRequested();
        (SendBase? from, ZfsSnapshot to) = await FindAsync(query, cancellationToken).ConfigureAwait(false);
        long capacity = to.VolumeBytes ?? throw new CapabilityNotSupportedException(
            EngineCapability.ChangedData, $"{query.Target} is of a file system; ask for its changed files.") { Engine = ZfsEngineFactory.SchemeName };
        long? baseCapacity = from is null ? null : ZfsBlockMap.CapacityOf(from);
        ExtentBatch head = from is null
            ? new ExtentBatch(ExtentStyle.VariableLength, capacity, null, ChangeSource.NativeAllocated, Exactness.Exact, [])
            : new ExtentBatch(ExtentStyle.VariableLength, capacity, baseCapacity, ChangeSource.NativeDelta, Exactness.Superset, []);
        if (from?.Guid == to.Guid)
        {
            yield return new ChangedData(head, default);
            yield break;
        }

        var question = new ZfsChangeQuestion(from?.Guid ?? 0, to.Guid, ZfsChangeQuestion.VolumeData, baseCapacity ?? 0, capacity);
        var request = new CommandRequest("zfs", ["send", .. StreamExport.Arguments(StreamKind.Compressed, from, to, null)]);
        await using ZfsCommand command = await host.StartAsync("read changes of", to.FullName, request, cancellationToken).ConfigureAwait(false);
        var changes = new ZfsObjectChanges(new ZfsSendReader(command.Output, $"ZFS send stream of '{to.FullName}'"), question);
        using IEnumerator<ChangedData> batches = Batches(changes, question, head, BaseHoles.Of(host, from, cancellationToken)).GetEnumerator();
        while (await Task.Run(batches.MoveNext, cancellationToken).ConfigureAwait(false))
        {
            yield return batches.Current;
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    private async Task<(SendBase? From, ZfsSnapshot To)> FindAsync(ChangedDataQuery query, CancellationToken cancellationToken)
    {
        if (query.Base is null)
        {
            return (null, await catalog.RequireAsync(query.Target, cancellationToken).ConfigureAwait(false));
        }

        SnapshotPair pair = await catalog.PairAsync(query.Base, query.Target, cancellationToken).ConfigureAwait(false);
        return (pair.Base, pair.Target);
    }

    /// <summary>Cuts what a stream tells into batches, of which there is at least one.</summary>
    internal static IEnumerable<ChangedData> Batches(ZfsObjectChanges changes, ZfsChangeQuestion question, ExtentBatch head, BaseHoles? holes = null)
    {
        IEnumerable<Extent> told = ZfsExtents.OneByOne(changes, question);
        told = holes?.LeaveOut(BaseHoles.JoinHoles(told)) ?? told;
        byte[] buffer = new byte[MostBytes];
        var extents = new List<Extent>();
        int used = 0;
        bool any = false;
        foreach (Extent extent in told)
        {
            for (long at = extent.Offset; at < extent.End && (extent.State == ExtentState.Data || question.FromGuid != 0);)
            {
                if (extents.Count == MostExtents || (used == MostBytes && extent.State == ExtentState.Data))
                {
                    any = true;
                    yield return new ChangedData(head with { Extents = extents }, buffer.AsMemory(0, used));
                    (extents, used) = ([], 0);
                }

                long end = extent.State == ExtentState.Data ? Math.Min(extent.End, at + MostBytes - used) : extent.End;
                if (extent.State == ExtentState.Data)
                {
                    changes.ReadData()[(int)(at - extent.Offset)..(int)(end - extent.Offset)].CopyTo(buffer.AsSpan(used));
                    used += (int)(end - at);
                }

                Add(extents, Extent.FromBounds(at, end, extent.State));
                at = end;
            }
        }

        if (extents.Count > 0 || !any)
        {
            yield return new ChangedData(head with { Extents = extents }, buffer.AsMemory(0, used));
        }
    }

    private static void Add(List<Extent> extents, Extent next)
    {
        if (extents.Count > 0 && extents[^1] is var last && last.End == next.Offset && last.State == next.State)
        {
            extents[^1] = Extent.FromBounds(last.Offset, next.End, next.State);
            return;
        }

        extents.Add(next);
    }
}
