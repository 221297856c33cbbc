using StorageEngines.Btrfs.Snapshots;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>Lists the files of snapshots of another host.</summary>
/// <param name="shell">Asks the host.</param>
/// <param name="catalog">Finds snapshots.</param>
internal sealed class RemoteTreeReader(RemoteShell shell, SnapshotCatalog catalog) : ListingTreeReader
{
    /// <inheritdoc/>
    protected override async Task<TreeRoot> OpenAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        SnapshotEntry entry = await Task.Run(() => catalog.Require(snapshot, cancellationToken), cancellationToken).ConfigureAwait(false);
        return SnapshotTree.Root(shell, entry, snapshot);
    }
}
