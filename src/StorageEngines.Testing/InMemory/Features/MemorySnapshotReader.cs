namespace StorageEngines.Testing;

/// <summary>Opens the bytes of a snapshot.</summary>
internal sealed class MemorySnapshotReader(MemoryStore store) : ISnapshotReader
{
    public async ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        using InMemoryCounters.Counted operation = store.Counters.Operation();
        await store.StepAsync("read:open", cancellationToken).ConfigureAwait(false);
        lock (store.Gate)
        {
            return new SparseContentStream(MemoryFiles.Require(store.RequireSnapshot(snapshot, withData: true).Content, path), store);
        }
    }
}
