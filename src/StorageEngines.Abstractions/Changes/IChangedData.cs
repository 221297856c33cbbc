namespace StorageEngines;

/// <summary>
/// What changed together with its bytes, in one pass: for a storage that tells its changes by a stream which has the data in it, where asking for the extents first and reading them
/// afterwards would read everything twice, or cost a round trip for each extent. For block volumes with <see cref="EngineCapability.ChangedData"/>.
/// </summary>
/// <remarks>Safe for use by several threads; works while the volume is mounted and busy.</remarks>
public interface IChangedData : IEngineFeature
{
    /// <summary>
    /// Reads everything, ascending; the rules of <see cref="IBlockMap"/> hold for the extents. Without a base it is what is allocated: what is not listed reads as zeroes, and
    /// <see cref="ExtentBatch.BaseCapacityBytes"/> is null. A storage may find out at the very end that what it sent was damaged, so nothing of it may be used for good before the normal end.
    /// </summary>
    /// <param name="query">What is asked.</param>
    /// <param name="cancellationToken">Ends it; nothing is left behind.</param>
    /// <returns>At least one batch; a batch has at most 4 MiB of data.</returns>
    /// <exception cref="SnapshotNotFoundException">The target is not there.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">The engine cannot know: ask without a base.</exception>
    /// <exception cref="LineageBrokenException">Base and target are unrelated, or the base is the newer one.</exception>
    /// <exception cref="CorruptDataException">What the storage sends is damaged or cut short.</exception>
    IAsyncEnumerable<ChangedData> ReadAsync(ChangedDataQuery query, CancellationToken cancellationToken = default);
}
