namespace StorageEngines;

/// <summary>
/// The changed-block query, one to one with the Kubernetes CSI <c>SnapshotMetadata</c> service. The normal end of an enumeration means that everything
/// was said; any exception means that it was not, and the caller may resume after the last extent it got.
/// </summary>
/// <remarks>
/// The rule that decides everything: a copy of the base, cut or extended to the target's capacity, with the extents written over it (read from the
/// target, or zeroes) equals the target byte for byte. An engine that cannot know throws; it never answers with an empty list.
/// Safe for use by several threads; works while the volume is mounted and busy.
/// </remarks>
public interface IBlockMap : IEngineFeature
{
    /// <summary>Lists the extents that hold data; what is not listed reads as zeroes.</summary>
    /// <param name="query">What is asked.</param>
    /// <param name="cancellationToken">Ends the query; nothing is left behind.</param>
    /// <returns>At least one batch.</returns>
    /// <exception cref="SnapshotNotFoundException">The snapshot is not there.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.OutOfRange"/>: the offset is negative or beyond the capacity.</exception>
    IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, CancellationToken cancellationToken = default);

    /// <summary>Lists the extents that may differ between base and target.</summary>
    /// <param name="query">What is asked.</param>
    /// <param name="cancellationToken">Ends the query; nothing is left behind.</param>
    /// <returns>At least one batch.</returns>
    /// <exception cref="SnapshotNotFoundException">The target is not there.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">The engine cannot know: take a full copy.</exception>
    /// <exception cref="LineageBrokenException">Base and target are unrelated, or the base is the newer one.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.OutOfRange"/>: the offset is negative or beyond the capacity.</exception>
    IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, CancellationToken cancellationToken = default);
}
