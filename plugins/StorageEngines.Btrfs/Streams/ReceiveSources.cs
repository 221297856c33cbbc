using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Streams;

/// <summary>
/// Finds the snapshots of the receiving file system that a stream speaks of: by the uuid that they were received with, else by their own; the transaction has to agree, which tells
/// one that was changed after it was sent or received. To be disposed.
/// </summary>
/// <param name="table">All subvolumes.</param>
/// <param name="own">The volume's snapshots, which come before others that hold the same.</param>
/// <param name="reader">Where the stream is read, for messages.</param>
internal sealed class ReceiveSources(SubvolumeTable table, IReadOnlyList<SnapshotEntry> own, BtrfsStreams.BtrfsSendReader reader) : IDisposable
{
    private readonly Dictionary<Guid, BeneathRoot> _open = [];

    /// <summary>Finds one; null if it is not there, or is not read-only.</summary>
    /// <param name="uuid">The uuid that the stream tells.</param>
    /// <param name="transaction">The transaction that it tells.</param>
    internal (SubvolumeDetails Details, BytePath Path)? TryFind(Guid uuid, ulong transaction)
    {
        foreach (SubvolumeDetails each in table.All.Where(each => each.IsReadOnly).OrderBy(each => own.Any(mine => mine.Details.Uuid == each.Uuid) ? 0 : 1).ThenBy(each => each.ReceivedUuid == uuid ? 0 : 1))
        {
            bool received = each.ReceivedUuid == uuid && each.SentTransaction == transaction;
            if ((received || (each.Uuid == uuid && each.ChangeTransaction == transaction && each.IsPristine)) && table.VisiblePath(each) is { } path)
            {
                return (each, path);
            }
        }

        return null;
    }

    /// <summary>Opens the tree of a snapshot that the command read last clones from.</summary>
    /// <exception cref="StorageEngineException">It is not on this file system.</exception>
    internal BeneathRoot Open(Guid uuid)
    {
        if (_open.TryGetValue(uuid, out BeneathRoot? known))
        {
            return known;
        }

        if (TryFind(uuid, reader.Number(BtrfsStreams.BtrfsAttribute.CloneTransactionId)) is not { } found)
        {
            throw new BaseMismatchException(
                uuid.ToString(), null,
                $"Btrfs send stream: byte {reader.CommandOffset}: data is to be cloned from snapshot {uuid}, which is not on this file system; send the stream without '-c', or receive that snapshot first.")
            { Engine = BtrfsEngineFactory.SchemeName };
        }

        return _open[uuid] = BeneathRoot.Open(found.Path.Span);
    }

    /// <summary>Makes a snapshot known as what data may be cloned from.</summary>
    internal void Add(Guid uuid, BytePath path) => _open[uuid] = BeneathRoot.Open(path.Span);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (BeneathRoot each in _open.Values)
        {
            each.Dispose();
        }

        _open.Clear();
    }
}
