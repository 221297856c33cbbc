using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>Reads files and images from the store; every block is checked against its hash.</summary>
internal sealed class StoreSnapshotReader(StoreView view) : ISnapshotReader
{
    /// <inheritdoc/>
    public ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        (SnapshotStore store, VolumeRecord volume, SnapshotRecord record) = view.Require(snapshot);
        if (record.State == SnapshotState.MetadataOnly)
            throw new SnapshotNotFoundException(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString()) { Engine = view.Engine };
        ManifestReader manifest = view.Manifests.Rent(store, record);
        try
        {
            ManifestEntry file = view.RequireFile(manifest, volume, path, snapshot);
            string label = path is { } one ? $"'{one}' of {snapshot}" : snapshot.ToString();
            if (file.Content.Kind == FileContent.Clone)
            {
                Stream clone = new CloneStream(CloneFile.Open(file.Content, file.Size));
                view.Manifests.Return(record.Id, manifest);
                return new(clone);
            }
            return new(new ContentStream(file.Content, file.Size, store.OpenBlocks(), () => view.Manifests.Return(record.Id, manifest), label));
        }
        catch (Exception)
        {
            manifest.Dispose();
            throw;
        }
    }
}
