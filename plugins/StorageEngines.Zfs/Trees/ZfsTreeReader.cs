using System.Runtime.CompilerServices;
using StorageEngines.RemoteTrees;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Trees;

/// <summary>Lists the files of a dataset's snapshot.</summary>
/// <param name="catalog">Finds snapshots.</param>
/// <param name="roots">Gets into them.</param>
internal sealed class ZfsTreeReader(SnapshotCatalog catalog, SnapshotRoots roots) : ITreeReader
{
    /// <inheritdoc/>
    /// <remarks>Implements: find(1) with <c>-printf</c>, sort(1), getfattr(1), stat(1) in <c>.zfs/snapshot</c>, zfsprops(7).</remarks>
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
    /// <remarks>Implements: find(1) with <c>-printf</c>, getfattr(1), stat(1).</remarks>
    public async ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default)
    {
        TreeLister lister = await OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        return await Task.Run(() => lister.Get(path), cancellationToken).ConfigureAwait(false);
    }

    private async Task<TreeLister> OpenAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ZfsSnapshot found = await catalog.RequireAsync(snapshot, cancellationToken).ConfigureAwait(false);
        RequireTree(found);
        return new TreeLister(new RemoteTree(await roots.OpenAsync(found, snapshot, cancellationToken).ConfigureAwait(false), cancellationToken));
    }

    /// <summary>Refuses a zvol.</summary>
    /// <exception cref="CapabilityNotSupportedException">It is one.</exception>
    internal static void RequireTree(ZfsSnapshot snapshot)
    {
        if (snapshot.Of.Kind != VolumeKind.Tree)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"'{snapshot.FullName}' is of a zvol, which has no files; ask for its blocks.") { Engine = ZfsEngineFactory.SchemeName };
        }
    }
}
