namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>The data of a file as filefrag told it.</summary>
internal sealed class RemoteFileData(long size, IReadOnlyList<Extent> data) : IFileData
{
    /// <inheritdoc/>
    public long SizeBytes => size;

    /// <inheritdoc/>
    public IEnumerable<Extent> From(long offset)
        => data.SkipWhile(extent => extent.End <= offset).Select(extent => extent.Offset < offset ? Extent.FromBounds(offset, extent.End) : extent);

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
