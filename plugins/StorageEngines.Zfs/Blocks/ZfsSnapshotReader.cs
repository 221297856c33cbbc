using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Blocks;

/// <summary>Opens snapshots of volumes, and files of snapshots of datasets.</summary>
/// <param name="host">The host.</param>
/// <param name="catalog">Finds snapshots.</param>
/// <param name="trees">Opens files; null if nobody does.</param>
internal sealed class ZfsSnapshotReader(ZfsHost host, SnapshotCatalog catalog, ITreeBlocks? trees) : ISnapshotReader
{
    /// <inheritdoc/>
    /// <exception cref="StorageEngineException">On a read: the volume is encrypted, and its key is not loaded.</exception>
    /// <remarks>Implements: zfs-send(8) with <c>-t</c>; dd(1) for files.</remarks>
    public async ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        if (trees is not null && await trees.TryReopenAsync(snapshot, path, cancellationToken).ConfigureAwait(false) is { } file)
        {
            return file;
        }

        ZfsSnapshot found = await catalog.RequireAsync(snapshot, cancellationToken).ConfigureAwait(false);
        if (found.VolumeBytes is null)
        {
            return await ZfsBlockMap.Trees(trees, snapshot).OpenReadAsync(found, snapshot, path, cancellationToken).ConfigureAwait(false);
        }

        ZfsBlockMap.RequireNoPath(path, snapshot);
        return new VolumeStream(host, found);
    }
}
