using System.Runtime.CompilerServices;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>Lists the entries of a tree's manifest.</summary>
internal sealed class StoreTreeReader(StoreView view) : ITreeReader
{
    private const int CancelEvery = 1024;

    /// <inheritdoc/>
    public async IAsyncEnumerable<TreeEntry> ListAsync(
        SnapshotRef snapshot, BytePath under = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask.ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        (SnapshotStore store, SnapshotRecord record) = RequireTree(snapshot);
        using ManifestReader manifest = store.OpenManifest(record);
        int count = 0;
        for (bool more = manifest.Seek(under.Span); more && new BytePath(manifest.Current.Path).IsAtOrBelow(under); more = manifest.MoveNext())
        {
            if (count++ % CancelEvery == 0)
                cancellationToken.ThrowIfCancellationRequested();
            yield return manifest.Current.ToTreeEntry();
        }
    }

    /// <inheritdoc/>
    public ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (SnapshotStore store, SnapshotRecord record) = RequireTree(snapshot);
        ManifestReader manifest = view.Manifests.Rent(store, record, path.Span);
        TreeEntry? found;
        try
        {
            found = manifest.TryFind(path.Span, out ManifestEntry entry) ? entry.ToTreeEntry() : null;
        }
        catch (StorageEngineException)
        {
            manifest.Dispose();
            throw;
        }
        view.Manifests.Return(record.Id, manifest);
        return new(found);
    }

    private (SnapshotStore Store, SnapshotRecord Snapshot) RequireTree(SnapshotRef snapshot)
    {
        (SnapshotStore store, VolumeRecord volume, SnapshotRecord record) = view.Require(snapshot, dataOnly: true);
        return volume.Kind == VolumeKind.Tree
            ? (store, record)
            : throw new CapabilityNotSupportedException(EngineCapability.ReadTree, $"{snapshot.Volume} is a block volume, which has no files.") { Engine = view.Engine };
    }
}
