using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>Opens files of snapshots of another host.</summary>
/// <param name="shell">Asks the host.</param>
/// <param name="catalog">Finds snapshots.</param>
internal sealed class RemoteSnapshotReader(RemoteShell shell, SnapshotCatalog catalog) : ISnapshotReader
{
    /// <inheritdoc/>
    /// <remarks>Implements: stat(1), dd(1).</remarks>
    public async ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        SnapshotEntry entry = await Task.Run(() => catalog.Require(snapshot, cancellationToken), cancellationToken).ConfigureAwait(false);
        BytePath file = SnapshotView.RequirePath(path, snapshot);
        return await RemoteFileStream.OpenAsync(SnapshotTree.Root(shell, entry, snapshot), file, cancellationToken).ConfigureAwait(false);
    }
}
