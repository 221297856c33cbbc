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
        (SnapshotStore store, VolumeRecord volume, SnapshotRecord record) = view.Require(snapshot, dataOnly: true);
        if (record.State == SnapshotState.MetadataOnly)
            throw new SnapshotNotFoundException(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString()) { Engine = view.Engine };
        ManifestReader manifest = view.Manifests.Rent(store, record, (path ?? default).Span);
        try
        {
            ManifestEntry file = view.RequireFile(manifest, volume, path, snapshot);
            if (file.Content.IsFramed)
                return new(new ContentStream(file.Content, file.Size, store.OpenBlocks(), (snapshot, path), () => view.Manifests.Return(record.Id, manifest)));
            Stream content = file.Content.Kind == FileContent.Clone
                ? new CloneStream(CloneFile.Open(file.Content, file.Size))
                : new ContentStream(file.Content, file.Size, store.OpenBlocks(), (snapshot, path), null);
            // Nothing more is read of the manifest, so that the next file's reader goes on from here.
            view.Manifests.Return(record.Id, manifest);
            return new(content);
        }
        catch (Exception)
        {
            manifest.Dispose();
            throw;
        }
    }
}
