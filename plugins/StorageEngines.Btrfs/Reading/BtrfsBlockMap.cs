using System.Runtime.CompilerServices;
using StorageEngines.BlockMaps;
using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Snapshots;

namespace StorageEngines.Btrfs.Reading;

/// <summary>The extents of one file of a snapshot, and what of them changed since another.</summary>
internal sealed class BtrfsBlockMap(IBtrfsHost host, SnapshotCatalog catalog, ChangeQuery query) : IBlockMap
{
    /// <summary>Extents begin at multiples of this, and end at one or at the file's end; bytes.</summary>
    internal const int Grain = 4096;

    /// <inheritdoc/>
    /// <remarks>Implements: lseek(2) with SEEK_DATA and SEEK_HOLE. What was preallocated and not written counts as a hole.</remarks>
    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery asked, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentOutOfRangeException.ThrowIfNegative(asked.MaxResults);
        cancellationToken.ThrowIfCancellationRequested();
        using IFileData file = await Offload.RunAsync(
            () => host.OpenData(catalog.Require(asked.Snapshot, cancellationToken), SnapshotView.RequirePath(asked.Path, asked.Snapshot), asked.Snapshot, cancellationToken), cancellationToken)
            .ConfigureAwait(false);
        ExtentBatches.CheckOffset(asked.StartingOffset, file.SizeBytes, BtrfsEngineFactory.SchemeName);
        var head = new ExtentBatch(ExtentStyle.VariableLength, file.SizeBytes, null, ChangeSource.NativeAllocated, Exactness.Exact, []);
        long from = asked.StartingOffset - (asked.StartingOffset % Grain);
        foreach (ExtentBatch batch in ExtentBatches.Cut(head, asked.StartingOffset < file.SizeBytes ? file.From(from) : [], asked.MaxResults, cancellationToken))
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: ioctl BTRFS_IOC_TREE_SEARCH_V2 for the file alone, or BTRFS_IOC_SEND with NO_FILE_DATA, ioctl_btrfs(2), of which the whole difference is read and what it says of the file is given.</remarks>
    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery asked, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(asked);
        ArgumentOutOfRangeException.ThrowIfNegative(asked.MaxResults);
        cancellationToken.ThrowIfCancellationRequested();
        using FileDelta delta = await Offload.RunAsync(() => FileDelta.Find(query, asked, cancellationToken), cancellationToken).ConfigureAwait(false);
        ExtentBatches.CheckOffset(asked.StartingOffset, delta.SizeBytes, BtrfsEngineFactory.SchemeName);
        var head = new ExtentBatch(ExtentStyle.VariableLength, delta.SizeBytes, delta.BaseSizeBytes, ChangeSource.NativeDelta, delta.Exactness, []);
        IEnumerable<Extent> extents = delta.Extents.SkipWhile(extent => extent.End <= asked.StartingOffset);
        foreach (ExtentBatch batch in ExtentBatches.Cut(head, extents, asked.MaxResults, cancellationToken))
        {
            yield return batch;
        }
    }
}
