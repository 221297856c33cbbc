using System.Runtime.CompilerServices;
using StorageEngines.RemoteTrees;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Trees;

namespace StorageEngines.Zfs.Differences;

/// <summary>
/// Which files changed between two snapshots. What changed is taken from the send stream, which leaves nothing out; <c>zfs diff</c> only helps to find the names. Memory grows with the number of
/// files that changed, and with what is in the directories that changed.
/// </summary>
/// <param name="host">The host.</param>
/// <param name="catalog">Finds snapshots.</param>
/// <param name="roots">Gets into snapshots.</param>
internal sealed class ZfsFileDiff(ZfsHost host, SnapshotCatalog catalog, SnapshotRoots roots) : IFileDiff
{
    /// <inheritdoc/>
    /// <remarks>Implements: zfs-send(8) with <c>-i</c>, zfs-diff(8), find(1), getfattr(1), stat(1).</remarks>
    public async IAsyncEnumerable<FileChange> DiffAsync(FileDiffQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxExtentsPerFile);
        cancellationToken.ThrowIfCancellationRequested();
        SnapshotPair pair = await catalog.PairAsync(query.Base, query.Target, cancellationToken).ConfigureAwait(false);
        ZfsTreeReader.RequireTree(pair.Target);
        if (pair.IsSame)
        {
            yield break;
        }

        TreeComparison comparison = await CompareAsync(pair, query, cancellationToken).ConfigureAwait(false);
        foreach (FileChange change in comparison.Changes(query.Under))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return change;
        }
    }

    private async Task<TreeComparison> CompareAsync(SnapshotPair pair, FileDiffQuery query, CancellationToken cancellationToken)
    {
        ZfsSnapshot from = FileBlocks.RequireSnapshot(pair.Base);
        TreeRoot target = await roots.OpenAsync(pair.Target, query.Target, cancellationToken).ConfigureAwait(false);
        TreeRoot source = await roots.OpenAsync(from, from.Ref, () => FileBlocks.BaseGone(pair.Base), cancellationToken).ConfigureAwait(false);
        Task<ChangedObjects> reading = ObjectStream.ReadAsync(host, pair, query.MaxExtentsPerFile, cancellationToken);
        Task<DiffHints?> hinting = DiffHints.TryReadAsync(host, from, pair.Target, cancellationToken);
        await Task.WhenAll(reading, hinting).ConfigureAwait(false);
        var comparison = new TreeComparison(
            await reading.ConfigureAwait(false), await hinting.ConfigureAwait(false), from.CreatedAt, query.MaxExtentsPerFile,
            number => new TreeQuestions(new RemoteTree(source, cancellationToken), number, cancellationToken),
            number => new TreeQuestions(new RemoteTree(target, cancellationToken), number, cancellationToken));
        await Task.Run(comparison.CompareAsync, cancellationToken).ConfigureAwait(false);
        return comparison;
    }
}
