using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.BtrfsStreams;

namespace StorageEngines.Btrfs.Streams;

/// <summary>Says whether a volume holds what a snapshot holds: what is applied to it replaces what it holds now, of which nothing may be lost.</summary>
internal static class LiveState
{

    /// <summary>Says so by the file system's transactions, where they are proof enough. Both have to be written back (BTRFS_IOC_SYNC).</summary>
    internal static bool IsSurelySame(SubvolumeDetails live, SubvolumeDetails snapshot)
        => (live.ParentUuid == snapshot.Uuid && live.ChangeTransaction <= live.OriginTransaction)
            || (snapshot.ParentUuid == live.Uuid && snapshot.ReceivedUuid == Guid.Empty && snapshot.ChangeTransaction == live.ChangeTransaction);

    /// <summary>Compares a read-only snapshot of the volume with another one, by a send without data; that somebody read a file is no difference.</summary>
    /// <param name="host">Where they are.</param>
    /// <param name="snapshot">The other one.</param>
    /// <param name="now">A snapshot of the volume as it is.</param>
    /// <param name="volume">The volume, for messages.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static bool IsSame(IBtrfsHost host, SnapshotEntry snapshot, SnapshotEntry now, VolumeRef volume, CancellationToken cancellationToken)
    {
        using SnapshotPair pair = host.Compare(snapshot, now, now.Ref(volume), cancellationToken);
        return Undisturbed.Read("The comparison with the base", () =>
        {
            using Stream stream = pair.OpenSend(exact: true, cancellationToken);
            return IsEmpty(new BtrfsSendReader(stream, "the difference from the base"), pair);
        });
    }

    private static bool IsEmpty(BtrfsSendReader reader, SnapshotPair pair)
    {
        while (reader.Read())
        {
            switch (reader.Command)
            {
                case BtrfsCommand.Snapshot:
                    break;
                case BtrfsCommand.SetTimes when WasLastWritten(pair, reader.Bytes(BtrfsAttribute.FilePath), reader.Time(BtrfsAttribute.ModificationTime)):
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static bool WasLastWritten(SnapshotPair pair, ReadOnlySpan<byte> path, UnixTime time)
        => pair.InBase(new BytePath(path.ToArray())) is { } entry && entry.ModifiedAt == time;
}
