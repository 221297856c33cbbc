using System.Runtime.CompilerServices;

namespace StorageEngines.Testing;

/// <summary>Which files changed, told by their ids, so that a rename is a rename.</summary>
internal sealed class MemoryFileDiff(MemoryStore store) : IFileDiff
{
    public async IAsyncEnumerable<FileChange> DiffAsync(FileDiffQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxExtentsPerFile);
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("filediff:begin", cancellationToken).ConfigureAwait(false);
        TreeState before;
        TreeState after;
        lock (store.Gate)
        {
            (StoredSnapshot baseSnapshot, StoredSnapshot target) = LineageCheck.Require(store, query.Base, query.Target);
            if (target.Content.Tree is null)
            {
                throw new CapabilityNotSupportedException(EngineCapability.FileDiff, $"'{query.Target}' is a snapshot of a block volume, which has no files; ask for its extents.")
                { Engine = InMemoryStorageEngine.Scheme };
            }

            (before, after) = (baseSnapshot.Content.Tree!, target.Content.Tree);
        }

        foreach (FileChange change in new TreeComparison(before, after, query.Under, query.MaxExtentsPerFile).Changes())
        {
            await store.StepAsync("filediff:item", cancellationToken).ConfigureAwait(false);
            yield return change;
        }
    }
}
