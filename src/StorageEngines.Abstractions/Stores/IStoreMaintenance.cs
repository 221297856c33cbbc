namespace StorageEngines;

/// <summary>
/// The upkeep of a store that an engine keeps snapshots in: checks, statistics, giving space back. An engine whose snapshots are the storage's own has none.
/// </summary>
/// <remarks>
/// Safe for use by several threads. Readers of snapshots are never disturbed. What changes the store takes its writer's lock for short whiles and waits for
/// it; every call may be cancelled or killed at any point without harm, and what it did until then stays done.
/// </remarks>
public interface IStoreMaintenance : IEngineFeature
{
    /// <summary>Checks every checksum of the store, and that every snapshot has all its data.</summary>
    /// <param name="options">What to check, and who is told of damage.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was checked and found. Damage is no exception here.</returns>
    /// <exception cref="StorageEngineException">There is no store (NotFound), or it cannot be read.</exception>
    Task<StoreCheckReport> CheckAsync(StoreCheckOptions options, CancellationToken cancellationToken = default);

    /// <summary>Counts what the store holds, what deduplication and compression save, and what each snapshot takes for itself alone.</summary>
    /// <param name="progress">Told how far it is, or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The figures.</returns>
    /// <exception cref="StorageEngineException">There is no store (NotFound), or it cannot be read.</exception>
    /// <exception cref="CorruptDataException">Something that has to be counted is damaged.</exception>
    Task<StoreStatistics> GetStatisticsAsync(IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Gives back the space that no snapshot needs: marks what is needed, and removes what has not been needed for the grace period.</summary>
    /// <param name="options">The grace period.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was freed, and what will be.</returns>
    /// <exception cref="CorruptDataException">A snapshot is damaged, so that it is not known what it needs; nothing is removed on a guess.</exception>
    /// <exception cref="StorageEngineException">There is no store (NotFound), somebody else writes for longer than is waited (Locked), or it may not be written.</exception>
    Task<StoreCollectReport> CollectAsync(StoreCollectOptions options, CancellationToken cancellationToken = default);

    /// <summary>Writes anew what is needed of files that hold much that is not, and of files that are small; then collects.</summary>
    /// <param name="options">What is worth it, and the grace period.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was written anew, freed, and will be freed.</returns>
    /// <exception cref="CorruptDataException">A snapshot is damaged, so that it is not known what it needs; nothing is removed on a guess.</exception>
    /// <exception cref="StorageEngineException">There is no store (NotFound), somebody else writes for longer than is waited (Locked), or it may not be written.</exception>
    Task<StoreRepackReport> RepackAsync(StoreRepackOptions options, CancellationToken cancellationToken = default);
}
