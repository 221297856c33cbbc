namespace StorageEngines;

/// <summary>Lists the files of a tree volume's snapshot.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public interface ITreeReader : IEngineFeature
{
    /// <summary>Lists entries, a directory before what is below it. The root itself comes first, with the empty path.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="under">Only what is at or below this path. Default: the root, everything.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The entries.</returns>
    /// <exception cref="SnapshotNotFoundException">The snapshot is not there.</exception>
    IAsyncEnumerable<TreeEntry> ListAsync(SnapshotRef snapshot, BytePath under = default, CancellationToken cancellationToken = default);

    /// <summary>Gets one entry.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="path">Its path; the empty path is the root.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The entry, or null if there is none.</returns>
    /// <exception cref="SnapshotNotFoundException">The snapshot is not there.</exception>
    ValueTask<TreeEntry?> GetAsync(SnapshotRef snapshot, BytePath path, CancellationToken cancellationToken = default);
}
