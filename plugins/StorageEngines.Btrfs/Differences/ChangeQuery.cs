using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Trees;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Differences;

/// <summary>Asks the file system what differs between two snapshots: a send without data, read whole before anything of it is given out.</summary>
internal sealed class ChangeQuery(SnapshotCatalog catalog, VolumeLookup volumes)
{
    private const int MostTries = 3;

    /// <summary>Which way is taken. Default: the cheaper one of those that are right.</summary>
    internal ComparePath Path { get; set; }

    /// <summary>The way that the last comparison took.</summary>
    internal ComparePath LastPath { get; private set; }

    /// <summary>Finds both snapshots, and makes sure that they can be compared.</summary>
    /// <exception cref="SnapshotNotFoundException">The target is not there.</exception>
    /// <exception cref="LineageBrokenException">The two are unrelated or in the wrong order.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">The base is gone, or one of the two was written to.</exception>
    internal SnapshotPair Open(ChangeToken token, SnapshotRef target, CancellationToken cancellationToken)
    {
        SnapshotEntry to = catalog.Require(target, cancellationToken);
        return volumes.Host.Compare(LineageRule.RequireBase(catalog, volumes, token, to, target), to, target, cancellationToken);
    }

    /// <summary>
    /// Says whether the two are equal without looking into them: both are snapshots of one subvolume, and it was not written to between them. A received snapshot is
    /// written after it is made, so that its transactions tell nothing.
    /// </summary>
    internal static bool AreEqual(SnapshotEntry from, SnapshotEntry to)
        => from.Details.Uuid == to.Details.Uuid
            || (from.Details.ParentUuid == to.Details.ParentUuid && from.Details.ParentUuid != Guid.Empty
                && from.Details.ReceivedUuid == Guid.Empty && to.Details.ReceivedUuid == Guid.Empty
                && from.Details.ChangeTransaction == to.Details.ChangeTransaction);

    /// <summary>All changes between two snapshots.</summary>
    /// <param name="pair">The two; not equal.</param>
    /// <param name="options">What is wanted.</param>
    /// <param name="cancellationToken">Ends it within tens of milliseconds.</param>
    /// <returns>The changes, whole; the caller disposes them.</returns>
    internal IChangeList Compare(SnapshotPair pair, ReducerOptions options, CancellationToken cancellationToken)
    {
        if (ByTrees(pair, (local, since) => TreeCompare.TryRead(local.Base, local.Target, since, options, Path == ComparePath.Trees, cancellationToken)) is { } changes)
        {
            return changes;
        }

        return Read(pair, () => new ChangeReducer(options), pair.FindExactness(), cancellationToken);
    }

    /// <summary>Compares by the trees if that is right and cheaper.</summary>
    /// <param name="pair">The two.</param>
    /// <param name="compare">Compares, given the two on this machine and the base's transaction; null if a send is cheaper.</param>
    /// <returns>Null if a send is to be taken.</returns>
    internal T? ByTrees<T>(SnapshotPair pair, Func<LocalPair, ulong, T?> compare)
        where T : class, IDisposable
    {
        LastPath = ComparePath.Send;
        if (Path == ComparePath.Send || pair is not LocalPair local)
        {
            return null;
        }

        try
        {
            return TreeConditions.Check(local.Base, local.Target) is { } conditions ? ByTrees(local, conditions, compare) : null;
        }
        catch (PosixException e) when (e.Errno == Errno.ENOENT)
        {
            return null; // One of the two was deleted meanwhile; the send says which.
        }
        catch (PosixException e)
        {
            throw BtrfsErrors.From(e, "compare snapshots up to", pair.To.Path.ToString());
        }
    }

    private T? ByTrees<T>(LocalPair pair, TreeConditions conditions, Func<LocalPair, ulong, T?> compare)
        where T : class, IDisposable
    {
        T? result;
        try
        {
            result = compare(pair, conditions.Since);
        }
        catch (CorruptDataException) when (!conditions.StillHold())
        {
            return null; // It did not fit together because blocks were moved meanwhile. A send knows how to deal with that.
        }

        if (result is null || !conditions.StillHold())
        {
            result?.Dispose();
            return null;
        }

        LastPath = ComparePath.Trees;
        return result;
    }

    /// <summary>Reads the whole difference. A stream that a signal disturbed is thrown away and read again.</summary>
    /// <param name="pair">The two.</param>
    /// <param name="make">Makes a reducer for one reading.</param>
    /// <param name="exact">Whether the base is a clone source; see <see cref="SnapshotPair.FindExactness"/>.</param>
    /// <param name="cancellationToken">Ends it within tens of milliseconds.</param>
    /// <returns>A reducer that has read to the end; the caller disposes it.</returns>
    internal static T Read<T>(SnapshotPair pair, Func<T> make, bool exact, CancellationToken cancellationToken)
        where T : StreamCommands, IDisposable
    {
        for (int tries = 1; ; tries++)
        {
            T reducer = make();
            try
            {
                using Stream stream = pair.OpenSend(exact, cancellationToken);
                reducer.Read(new BtrfsSendReader(stream, $"the difference up to '{pair.To.Name}'"), cancellationToken);
                return reducer;
            }
            catch (CorruptDataException e)
            {
                reducer.Dispose();
                if (tries == MostTries)
                {
                    throw new StorageEngineException(EngineStatus.Aborted, EngineReason.None, Recovery.RetryAfterBackoff,
                        $"The comparison up to '{pair.To.Name}' was disturbed {MostTries} times: the file system begins it anew when its reader is stopped (SIGSTOP, a debugger, a suspend). Try again when nothing stops it. The last time: {e.Message}", e)
                    { Engine = BtrfsEngineFactory.SchemeName, Operation = "compare snapshots" };
                }
            }
            catch (PosixException e)
            {
                reducer.Dispose();
                throw e.Errno == Errno.ENOENT
                    ? new ChangeTrackingUnavailableException(EngineReason.BaseMissing, $"The base '{pair.From.Name}' was deleted while it was compared; take a full copy.", e) { Engine = BtrfsEngineFactory.SchemeName }
                    : BtrfsErrors.From(e, "compare snapshots up to", pair.To.Path.ToString());
            }
            catch
            {
                reducer.Dispose();
                throw;
            }
        }
    }
}
