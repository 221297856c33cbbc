using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Reading;

/// <summary>Reads snapshots.</summary>
internal sealed class CephRbdSnapshotReader(ImageCatalog catalog) : ISnapshotReader
{
    /// <inheritdoc/>
    /// <remarks>Implements: rbd_open_by_id_read_only, rbd_snap_set_by_id, rbd_read.</remarks>
    public async ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (path is not null)
        {
            throw CephRbdErrors.NotSupported(EngineStatus.InvalidArgument, $"'{snapshot.Volume}' is a block volume and has no files; leave the path out.");
        }

        (IOpenImage open, RbdSnapshot found) = await catalog.OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        return new SnapshotStream(catalog, open, found);
    }
}
