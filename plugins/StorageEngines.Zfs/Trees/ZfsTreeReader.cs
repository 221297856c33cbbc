using StorageEngines.RemoteTrees;
using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Trees;

/// <summary>Lists the files of a dataset's snapshot.</summary>
/// <remarks>Implements: <c>.zfs/snapshot</c>, zfsprops(7).</remarks>
/// <param name="catalog">Finds snapshots.</param>
/// <param name="roots">Gets into them.</param>
internal sealed class ZfsTreeReader(SnapshotCatalog catalog, SnapshotRoots roots) : ListingTreeReader
{
    /// <inheritdoc/>
    protected override async Task<TreeRoot> OpenAsync(SnapshotRef snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ZfsSnapshot found = await catalog.RequireAsync(snapshot, cancellationToken).ConfigureAwait(false);
        RequireTree(found);
        return await roots.OpenAsync(found, snapshot, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Refuses a zvol.</summary>
    /// <exception cref="StorageEngineException">InvalidArgument: it is one.</exception>
    internal static void RequireTree(ZfsSnapshot snapshot)
    {
        if (snapshot.Of.Kind != VolumeKind.Tree)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"'{snapshot.FullName}' is of a zvol, which has no files; ask for its blocks.") { Engine = ZfsEngineFactory.SchemeName };
        }
    }
}
