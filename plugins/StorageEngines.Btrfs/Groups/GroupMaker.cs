using System.Diagnostics;
using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs.Groups;

/// <summary>
/// Cuts several subvolumes at one instant. The file system has no call for it; but snapshots are cut when a transaction is committed, and those that are asked for
/// before the same commit see one instant. So a commit is begun, all are asked for at once from threads of their own, each into a directory of its own (the call
/// holds the directory until the commit), and the group counts only if all say the same transaction. Else all are deleted and it is tried again.
/// The instant is that of a loss of power: the order of writes is kept where the writer made them durable (fsync, O_DSYNC) one after the other; of what was in the page
/// cache while the calls ran, each volume may have more or less.
/// </summary>
/// <param name="places">The members, all on one file system.</param>
/// <param name="change">Their snapshot directories, in the same order.</param>
/// <param name="noted">What to note of each.</param>
internal sealed class GroupMaker(IReadOnlyList<VolumePlace> places, IBtrfsChange change, SnapshotFile noted)
{
    // Some milliseconds each. On a machine whose processors are all busy most tries fail, and so it is given up only when many have and some time has passed, too.
    private const int ManyTries = 64;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly byte[] _name = System.Text.Encoding.ASCII.GetBytes(noted.Name);

    /// <summary>The members that are there under the name already.</summary>
    internal List<SnapshotEntry> Existing(SnapshotCatalog catalog, CancellationToken cancellationToken)
        => [.. places.Zip(change.Directories, (place, directory) => catalog.TryRead(place.Key, VolumeLookup.Below(directory, _name), cancellationToken)).OfType<SnapshotEntry>()];

    /// <summary>Cuts the group.</summary>
    /// <exception cref="StorageEngineException">GroupNotConsistent: it could not be had at one instant; nothing remains.</exception>
    internal void Make(CancellationToken cancellationToken)
    {
        try
        {
            change.MakeHomes(_name, noted.Format());
            var watch = Stopwatch.StartNew();
            int tries = 0;
            for (; tries < ManyTries || watch.Elapsed < Patience; tries++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                IReadOnlyList<ulong> transactions = change.CutTogether(places, _name);
                if (transactions.All(each => each == transactions[0]))
                {
                    change.Publish(_name);
                    return;
                }

                change.DropHalves(_name);
            }

            throw new StorageEngineException(EngineStatus.Aborted, EngineReason.GroupNotConsistent, Recovery.RetryAfterBackoff,
                $"The {places.Count} volumes could not be cut in one transaction in {tries} tries; nothing is left. Try again when less is written, or with fewer volumes.")
            { Engine = BtrfsEngineFactory.SchemeName, Operation = "create group" };
        }
        catch
        {
            change.Undo(_name);
            throw;
        }
    }
}
