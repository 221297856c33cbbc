using System.Runtime.CompilerServices;

namespace StorageEngines;

/// <summary>
/// Removes temporary snapshots that a program left behind when it was killed. A program marks them at creation with <see cref="OwnerLabel"/>; snapshots
/// without it are never touched, and neither are those that are held, are members of a group, or are younger than the grace.
/// </summary>
/// <remarks>Stateless; safe for use by several threads.</remarks>
public static class LeftoverSweeper
{
    /// <summary>The label of a temporary snapshot: <c>storage-engines.owner</c>. Its value names the owner.</summary>
    public const string OwnerLabel = "storage-engines.owner";

    /// <summary>Lists leftovers; deletes nothing.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="options">Which ones.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The leftovers.</returns>
    /// <exception cref="CapabilityNotSupportedException">The engine has no snapshots.</exception>
    public static async IAsyncEnumerable<SnapshotInfo> ListAsync(
        IStorageEngine engine, SweepOptions options, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Grace, TimeSpan.Zero);
        DateTimeOffset before = options.Time.GetUtcNow() - options.Grace;
        await foreach (SnapshotInfo snapshot in Snapshots(engine).ListAsync(options.Volume, null, cancellationToken).ConfigureAwait(false))
        {
            bool owned = snapshot.Labels.TryGetValue(OwnerLabel, out string? owner) && (options.Owner is null || owner == options.Owner);
            if (owned && snapshot.CreatedAt < before && snapshot.Holds.Count == 0 && snapshot.GroupId is null)
            {
                yield return snapshot;
            }
        }
    }

    /// <summary>Deletes leftovers.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="options">Which ones.</param>
    /// <param name="cancellationToken">Ends the sweep; each snapshot is either there or gone.</param>
    /// <returns>What was deleted, and what is still in use.</returns>
    /// <exception cref="CapabilityNotSupportedException">The engine has no snapshots.</exception>
    public static async Task<SweepReport> SweepAsync(IStorageEngine engine, SweepOptions options, CancellationToken cancellationToken = default)
    {
        var leftovers = new List<SnapshotRef>();
        await foreach (SnapshotInfo snapshot in ListAsync(engine, options, cancellationToken).ConfigureAwait(false))
        {
            leftovers.Add(snapshot.Ref); // an engine need not bear a deletion in the middle of its listing
        }

        var deleted = new List<SnapshotRef>();
        var inUse = new List<SnapshotRef>();
        foreach (SnapshotRef leftover in leftovers)
        {
            try
            {
                await Snapshots(engine).DeleteAsync(leftover, DeleteMode.Everything, cancellationToken).ConfigureAwait(false);
                deleted.Add(leftover);
            }
            catch (SnapshotInUseException)
            {
                inUse.Add(leftover);
            }
        }

        return new SweepReport(deleted, inUse);
    }

    private static ISnapshots Snapshots(IStorageEngine engine) => engine.Feature<ISnapshots>()
        ?? throw new CapabilityNotSupportedException(EngineCapability.Snapshot, $"Engine '{engine.Name}' has no snapshots.");
}
