namespace StorageEngines;

/// <summary>Which files of a tree volume changed between two snapshots.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public interface IFileDiff : IEngineFeature
{
    /// <summary>
    /// Lists every path that was added, removed, renamed or changed. Nothing that differs is left out. The order is the engine's own. One change is one
    /// path, and a path is listed once: a file with two names that was written to is listed under both. A directory that was renamed is one change, which
    /// moves everything below it; what lies below is listed only if it changed besides, or again with its own old and new path. So a path that is not
    /// listed was in the base where the nearest directory above it that is listed as renamed says, else under the same path.
    /// </summary>
    /// <param name="query">What is asked.</param>
    /// <param name="cancellationToken">Ends the query; nothing is left behind.</param>
    /// <returns>The changes; none if nothing changed. The normal end means that all were listed.</returns>
    /// <exception cref="SnapshotNotFoundException">The target is not there.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">The engine cannot know: take a full copy.</exception>
    /// <exception cref="LineageBrokenException">Base and target are unrelated, or the base is the newer one.</exception>
    IAsyncEnumerable<FileChange> DiffAsync(FileDiffQuery query, CancellationToken cancellationToken = default);
}
