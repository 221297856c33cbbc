namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>
/// Mark, grace, sweep. What is needed is marked while others write; only then the lock is taken, what came meanwhile is marked too, and what has been garbage
/// for the grace period goes.
/// </summary>
internal static class Collector
{
    private static readonly HashSet<PackId> None = [];

    /// <summary>Collects.</summary>
    internal static StoreCollectReport Run(StoreSession session, StoreCollectOptions options, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Grace, TimeSpan.Zero, nameof(options));
        using SnapshotStore store = session.Read();
        using var reachable = new Reachability(store);
        reachable.Mark(store, options.Progress, cancellationToken);
        return Sweep(session, reachable, None, options, cancellationToken);
    }

    /// <summary>Marks what came meanwhile and sweeps.</summary>
    internal static StoreCollectReport Sweep(
        StoreSession session, Reachability reachable, IReadOnlySet<PackId> rewritten, StoreCollectOptions options, CancellationToken cancellationToken)
    {
        StoreCollectReport report = new(0, 0, null, 0);
        options.Progress?.Report(new OperationProgress("measure", 0, null));
        using (SnapshotStore reading = session.Read())
            reachable.Measure(reading.Leaving(), cancellationToken);
        session.Write(
            store =>
            {
                if (reachable.Mark(store, options.Progress, cancellationToken))
                    reachable.Measure(store.Leaving(), cancellationToken);
                report = new Sweeper(store, session.Time, options.Grace).Run(reachable.Index, reachable.Use, rewritten);
            },
            cancellationToken);
        return report;
    }
}
