using StorageEngines.Btrfs.Native;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Streams;

/// <summary>Says whether a volume holds what a snapshot holds: what is applied to it replaces what it holds now, of which nothing may be lost.</summary>
internal static class LiveState
{
    private const int MostTries = 3;

    /// <summary>Says so by the file system's transactions, where they are proof enough. Both have to be written back (BTRFS_IOC_SYNC).</summary>
    internal static bool IsSurelySame(SubvolumeDetails live, SubvolumeDetails snapshot)
        => (live.ParentUuid == snapshot.Uuid && live.ChangeTransaction <= live.OriginTransaction)
            || (snapshot.ParentUuid == live.Uuid && snapshot.ReceivedUuid == Guid.Empty && snapshot.ChangeTransaction == live.ChangeTransaction);

    /// <summary>Compares a read-only snapshot of the volume with another one, by a send without data; that somebody read a file is no difference.</summary>
    /// <param name="now">A snapshot of the volume as it is, open.</param>
    /// <param name="snapshot">The other one.</param>
    /// <param name="path">Where that one is.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static bool IsSame(DirectoryHandle now, SubvolumeDetails snapshot, BytePath path, CancellationToken cancellationToken)
    {
        using BeneathRoot before = BeneathRoot.Open(path.Span);
        var request = new SendRequest(now, snapshot.Id, [snapshot.Id], SendMode.NoFileData, SendSupport.Version);
        for (int tries = 1; ; tries++)
        {
            try
            {
                using var stream = new SendStream(request, cancellationToken);
                return IsEmpty(new BtrfsSendReader(stream, "the difference from the base"), before);
            }
            catch (CorruptDataException) when (tries < MostTries)
            {
                // A signal disturbed it: it is read again.
            }
        }
    }

    /// <summary>Says whether a directory holds nothing, the place of snapshots aside.</summary>
    internal static bool IsEmpty(DirectoryHandle directory)
    {
        Span<byte> buffer = stackalloc byte[4096];
        foreach (DirectoryEntry entry in directory.Entries(buffer))
        {
            if (!entry.Name.SequenceEqual(Volumes.VolumeLookup.DefaultRoot))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsEmpty(BtrfsSendReader reader, BeneathRoot before)
    {
        while (reader.Read())
        {
            switch (reader.Command)
            {
                case BtrfsCommand.Snapshot:
                    break;
                case BtrfsCommand.SetTimes when WasLastWritten(before, reader.Bytes(BtrfsAttribute.FilePath), reader.Time(BtrfsAttribute.ModificationTime)):
                    break;
                default:
                    return false;
            }
        }

        return true;
    }

    private static bool WasLastWritten(BeneathRoot before, ReadOnlySpan<byte> path, UnixTime time)
        => before.TryGetStatus(path, out FileStatus status) && status.ModificationTime.Seconds == time.Seconds && status.ModificationTime.Nanoseconds == time.Nanoseconds;
}
