namespace StorageEngines.Testing.Faults;

/// <summary>A snapshot reader that reads the live volume.</summary>
internal sealed class FaultySnapshotReader(MemoryStore store, ISnapshotReader inner) : ISnapshotReader
{
    public async ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        await (await inner.OpenReadAsync(snapshot, path, cancellationToken).ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        lock (store.Gate)
        {
            return new SparseContentStream(MemoryFiles.Require(store.RequireVolume(snapshot.Volume).Content, path), store);
        }
    }
}
