using System.Runtime.CompilerServices;

namespace StorageEngines.Testing;

/// <summary>Lists the files of a tree's snapshot.</summary>
internal sealed class MemoryTreeReader(MemoryStore store) : ITreeReader
{
    public async IAsyncEnumerable<TreeEntry> ListAsync(
        SnapshotRef snapshot, BytePath under = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("tree:begin", cancellationToken).ConfigureAwait(false);
        foreach ((BytePath path, TreeNode node) in Require(snapshot).Walk(under))
        {
            await store.StepAsync("tree:item", cancellationToken).ConfigureAwait(false);
            yield return node.ToEntry(path);
        }
    }

    public async ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default)
    {
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("tree:get", cancellationToken).ConfigureAwait(false);
        return Require(snapshot).Find(path)?.ToEntry(path);
    }

    private TreeState Require(SnapshotRef snapshot)
    {
        lock (store.Gate)
        {
            return store.RequireSnapshot(snapshot, withData: true).Content.Tree
                ?? throw new CapabilityNotSupportedException(EngineCapability.ReadTree, $"'{snapshot}' is a snapshot of a block volume, which has no files.")
                { Engine = InMemoryStorageEngine.Scheme };
        }
    }
}
