namespace StorageEngines.Btrfs.Changes;

/// <summary>All changes between two snapshots, known to be whole.</summary>
internal interface IChangeList : IDisposable
{
    /// <summary>Lists the changes; once.</summary>
    IEnumerable<FileChange> Changes(CancellationToken cancellationToken);
}
