using StorageEngines.Btrfs.Changes;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Differences;

/// <summary>Asks the file system what differs between two snapshots: a send without data, read whole before anything of it is given out.</summary>
internal sealed class ChangeQuery(SnapshotCatalog catalog, VolumeLookup volumes)
{
    private const int MostTries = 3;

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
            catch (CorruptDataException) when (tries < MostTries)
            {
                reducer.Dispose();
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
