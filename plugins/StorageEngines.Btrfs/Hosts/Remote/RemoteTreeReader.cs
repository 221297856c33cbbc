using System.Runtime.CompilerServices;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.RemoteShells;
using StorageEngines.RemoteTrees;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>Lists the files of snapshots of another host.</summary>
/// <param name="shell">Asks the host.</param>
/// <param name="catalog">Finds snapshots.</param>
internal sealed class RemoteTreeReader(RemoteShell shell, SnapshotCatalog catalog) : ITreeReader
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<TreeEntry> ListAsync(
        SnapshotRef snapshot, BytePath under = default, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        TreeLister lister = await OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        await foreach (TreeEntry entry in lister.ListAsync(under, cancellationToken).ConfigureAwait(false))
        {
            yield return entry;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default)
    {
        TreeLister lister = await OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => lister.Get(path), cancellationToken).ConfigureAwait(false);
    }

    private async Task<TreeLister> OpenAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        SnapshotEntry entry = await Task.Run(() => catalog.Require(snapshot, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new TreeLister(new RemoteTree(SnapshotTree.Root(shell, entry, snapshot), cancellationToken));
    }
}
