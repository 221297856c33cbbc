using StorageEngines.TarRsync.Store;
using StorageEngines.TarRsync.Store.Upkeep;

namespace StorageEngines.TarRsync;

/// <summary>The upkeep of the engine's store.</summary>
internal sealed class TarRsyncMaintenance(StoreAccessor stores) : IStoreMaintenance
{
    private static readonly TimeSpan RepairTimeout = TimeSpan.FromMinutes(1);

    /// <inheritdoc/>
    public Task<StoreCheckReport> CheckAsync(StoreCheckOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Parallelism, 1, nameof(options));
        return Task.Run(() => new StoreChecker(Session(RepairTimeout), options, TarRsyncEngineFactory.SchemeName).Run(cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StoreStatistics> GetStatisticsAsync(IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default)
        => Task.Run(
            () =>
            {
                using SnapshotStore store = Session(default).Read();
                using var reader = new StatisticsReader(store);
                return reader.Run(progress, cancellationToken);
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<StoreCollectReport> CollectAsync(StoreCollectOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Task.Run(() => Collector.Run(Session(options.LockTimeout), options, cancellationToken), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StoreRepackReport> RepackAsync(StoreRepackOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        return Task.Run(() => new Repacker(Session(options.Collect.LockTimeout), options, cancellationToken).Run(), cancellationToken);
    }

    private StoreSession Session(TimeSpan lockTimeout) => new(stores.Directory, stores.Time, lockTimeout, stores.Turn);
}
