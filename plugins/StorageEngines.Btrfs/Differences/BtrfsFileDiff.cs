using System.Runtime.CompilerServices;
using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Hosts;

namespace StorageEngines.Btrfs.Differences;

/// <summary>Which files changed between two snapshots. Memory does not grow with the number of changed files.</summary>
internal sealed class BtrfsFileDiff(ChangeQuery query) : IFileDiff
{
    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_TREE_SEARCH_V2, or BTRFS_IOC_SEND with NO_FILE_DATA, ioctl_btrfs(2).</remarks>
    public async IAsyncEnumerable<FileChange> DiffAsync(FileDiffQuery asked, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentOutOfRangeException.ThrowIfNegative(asked.MaxExtentsPerFile);
        cancellationToken.ThrowIfCancellationRequested();
        using SnapshotPair pair = await Offload.RunAsync(() => query.Open(asked.Base, asked.Target, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (ChangeQuery.AreEqual(pair.From, pair.To))
        {
            yield break;
        }

        var options = new ReducerOptions { Under = asked.Under, MaxExtentsPerFile = asked.MaxExtentsPerFile, Tree = pair, States = pair, AsksAtOnce = pair is LocalPair };
        using IChangeList changes = await Offload.RunAsync(() => query.Compare(pair, options, cancellationToken), cancellationToken).ConfigureAwait(false);
        foreach (FileChange change in changes.Changes(cancellationToken))
        {
            yield return change;
        }
    }
}
