namespace StorageEngines.Btrfs.Hosts;

/// <summary>Where a file of a snapshot has data. To be disposed.</summary>
internal interface IFileData : IDisposable
{
    /// <summary>The file's size in bytes.</summary>
    long SizeBytes { get; }

    /// <summary>The data from an offset on, ascending and disjoint; the first extent may begin before it.</summary>
    IEnumerable<Extent> From(long offset);
}
