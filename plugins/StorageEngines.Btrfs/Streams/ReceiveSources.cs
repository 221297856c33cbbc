using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Streams;

/// <summary>
/// Finds the snapshots of the receiving file system that a stream speaks of: by the uuid that they were received with, else by their own; the transaction has to agree, which tells
/// one that was changed after it was sent or received.
/// </summary>
/// <param name="host">Where they are.</param>
/// <param name="table">All subvolumes.</param>
/// <param name="own">The volume's snapshots, which come before others that hold the same.</param>
/// <param name="reader">Where the stream is read, for messages.</param>
internal sealed class ReceiveSources(IBtrfsHost host, SubvolumeTable table, IReadOnlyList<SnapshotEntry> own, BtrfsSendReader reader)
{
    /// <summary>Finds one; null if it is not there, or is not read-only.</summary>
    /// <param name="uuid">The uuid that the stream tells.</param>
    /// <param name="transaction">The transaction that it tells.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal (SubvolumeDetails Details, BytePath Path)? TryFind(Guid uuid, ulong transaction, CancellationToken cancellationToken)
    {
        IEnumerable<SubvolumeDetails> candidates = table.All.Where(each => each.IsReadOnly && (each.ReceivedUuid == uuid || each.Uuid == uuid));
        foreach (SubvolumeDetails each in candidates.OrderBy(each => own.Any(mine => mine.Details.Uuid == each.Uuid) ? 0 : 1).ThenBy(each => each.ReceivedUuid == uuid ? 0 : 1))
        {
            if (table.VisiblePath(each) is { } path && host.Precise(each, path, cancellationToken) is { } found && IsIt(found, uuid, transaction))
            {
                return (found, path);
            }
        }

        return null;
    }

    /// <summary>Finds a snapshot that the command read last clones from.</summary>
    /// <exception cref="StorageEngineException">It is not on this file system.</exception>
    internal (SubvolumeDetails Details, BytePath Path) Require(Guid uuid, CancellationToken cancellationToken)
        => TryFind(uuid, reader.Number(BtrfsAttribute.CloneTransactionId), cancellationToken) ?? throw new BaseMismatchException(
            uuid.ToString(), null,
            $"Btrfs send stream: byte {reader.CommandOffset}: data is to be cloned from snapshot {uuid}, which is not on this file system; send the stream without '-c', or receive that snapshot first.")
        { Engine = BtrfsEngineFactory.SchemeName };

    private static bool IsIt(SubvolumeDetails found, Guid uuid, ulong transaction)
        => (found.ReceivedUuid == uuid && found.SentTransaction == transaction) || (found.Uuid == uuid && found.ChangeTransaction == transaction && found.IsPristine);
}
