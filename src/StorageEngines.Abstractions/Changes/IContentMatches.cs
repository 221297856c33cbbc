namespace StorageEngines;

/// <summary>
/// Tells what moved: which parts of a target's content the base has at another place, as far as the engine knows it without reading data. A help for whoever
/// writes a difference; no capability goes with it, since an answer may always be empty.
/// </summary>
/// <remarks>What is listed is certain; what is not listed may be in the base all the same. Safe for use by several threads.</remarks>
public interface IContentMatches : IEngineFeature
{
    /// <summary>Lists parts of the target that the base has at another place.</summary>
    /// <param name="query">Base, target and file; <see cref="DeltaQuery.StartingOffset"/> and <see cref="DeltaQuery.MaxResults"/> mean nothing here.</param>
    /// <param name="cancellationToken">Ends the query; nothing is left behind.</param>
    /// <returns>The parts, ascending by their place in the target, none overlapping the one before; each lies within both contents.</returns>
    /// <exception cref="SnapshotNotFoundException">The target is not there.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">The base is gone.</exception>
    /// <exception cref="LineageBrokenException">Base and target are unrelated, or the base is the newer one.</exception>
    IAsyncEnumerable<ContentMatch> ListAsync(DeltaQuery query, CancellationToken cancellationToken = default);
}
