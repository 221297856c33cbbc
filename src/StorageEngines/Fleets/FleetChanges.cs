using System.Runtime.CompilerServices;

namespace StorageEngines;

/// <summary>
/// What changed on all volumes of an engine, in one query: volumes and snapshots are listed, some volumes at a time are asked, and what they answer is told as it
/// comes. What goes wrong with one volume is told of that volume, and the others go on.
/// </summary>
/// <remarks>
/// <para>
/// Stateless; safe for use by several threads. Memory: of each volume its location and up to three snapshots' infos, which is what a choice among snapshots needs that
/// come in no order of volumes (with <see cref="FleetOptions.ListPerVolume"/> only of volumes that are being asked); of each volume that is being asked two batches at
/// most, whatever the length of its answer. A reader that is slow holds the volumes up. The engine is called by <see cref="FleetOptions.Parallel"/> callers at once, and by one more while it lists.
/// </para>
/// <para>
/// The order is that in which volumes end; with <see cref="FleetOptions.Parallel"/> of 1 it is the one in which they are listed, except that with
/// <see cref="FleetOptions.TargetName"/> a volume is asked as soon as its two snapshots were seen. When an enumeration has ended, in whatever way, nothing of the query
/// runs any more.
/// </para>
/// </remarks>
public static class FleetChanges
{
    /// <summary>Asks every volume what changed between two of its snapshots.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="options">Which volumes and snapshots, and how many at once.</param>
    /// <param name="cancellationToken">Ends the query; nothing is left behind.</param>
    /// <returns>
    /// For each volume one <see cref="FleetResult"/>, <see cref="FleetSkip"/> or <see cref="FleetFailure"/>; before it, if they were asked for, the
    /// <see cref="FleetExtents"/>, between those of other volumes. The normal end means that every volume was told of.
    /// </returns>
    /// <exception cref="ArgumentException">An option is out of its range, or the names contradict each other.</exception>
    /// <exception cref="CapabilityNotSupportedException">When it is read: the engine has no snapshots, or no block map.</exception>
    /// <exception cref="StorageEngineException">When it is read: volumes or snapshots cannot be listed; what could be asked until then is told before.</exception>
    public static IAsyncEnumerable<FleetEvent> QueryAsync(IStorageEngine engine, FleetOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        return RunAsync(engine, options.Validated(), cancellationToken);
    }

    private static async IAsyncEnumerable<FleetEvent> RunAsync(IStorageEngine engine, FleetOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var progress = new FleetProgress(options.Progress);
        var listing = new FleetListing(engine, Need<ISnapshots>(engine, EngineCapability.Snapshot), options, progress);
        _ = Need<IBlockMap>(engine, EngineCapability.Delta);
        var run = new FleetRun(engine, options, listing);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task running = run.RunAsync(stop.Token);
        try
        {
            await foreach (FleetEvent each in run.Told.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress.Told(each);
                yield return each;
            }

            await running.ConfigureAwait(false);
        }
        finally
        {
            // A reader that has gone is told nothing any more, but whoever works for it comes to an end first.
            await stop.CancelAsync().ConfigureAwait(false);
            await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static T Need<T>(IStorageEngine engine, EngineCapability capability)
        where T : class, IEngineFeature
        => engine.Feature<T>() ?? throw new CapabilityNotSupportedException(
            capability, $"Engine '{engine.Name}' has no {(capability == EngineCapability.Snapshot ? "snapshots" : "block map")}, so that it cannot say what changed on its volumes.")
        { Engine = engine.Name };
}
