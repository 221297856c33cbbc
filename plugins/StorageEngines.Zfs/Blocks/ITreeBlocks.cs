using StorageEngines.Zfs.Snapshots;

namespace StorageEngines.Zfs.Blocks;

/// <summary>The same questions about one file of a dataset. Who answers has the snapshot already.</summary>
internal interface ITreeBlocks
{
    /// <summary>Where a file has data.</summary>
    IAsyncEnumerable<ExtentBatch> AllocatedAsync(ZfsSnapshot snapshot, AllocatedQuery query, CancellationToken cancellationToken);

    /// <summary>Where a file differs.</summary>
    IAsyncEnumerable<ExtentBatch> DeltaAsync(SnapshotPair pair, DeltaQuery query, CancellationToken cancellationToken);

    /// <summary>Opens a file.</summary>
    ValueTask<Stream> OpenReadAsync(ZfsSnapshot snapshot, SnapshotRef asked, BytePath? path, CancellationToken cancellationToken);

    /// <summary>Opens a file of a snapshot that was opened before, without looking for the snapshot again.</summary>
    /// <returns>Null if it was not, or is not there any more.</returns>
    ValueTask<Stream?> TryReopenAsync(SnapshotRef asked, BytePath? path, CancellationToken cancellationToken);
}
