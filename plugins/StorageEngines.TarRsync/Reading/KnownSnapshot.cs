using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>The records that answered the last question about a snapshot. Three statx calls tell whether they still hold.</summary>
internal sealed class KnownSnapshot
{
    private readonly (byte[] Path, FileStatus Status)[] _objects;

    private KnownSnapshot(SnapshotStore store, VolumeRecord volume, SnapshotRecord snapshot, (byte[], FileStatus)[] objects)
        => (Store, Volume, Snapshot, _objects) = (store, volume, snapshot, objects);

    internal SnapshotStore Store { get; }

    internal VolumeRecord Volume { get; }

    internal SnapshotRecord Snapshot { get; }

    /// <summary>Reads a snapshot's records; null if there is none.</summary>
    internal static KnownSnapshot? Read(SnapshotStore store, string volumeId, string snapshotId)
    {
        if (!StoreFiles.IsId(volumeId) || !StoreFiles.IsId(snapshotId))
            return null;
        // The times are taken before the records are read, so that a change in between is seen the next time.
        (byte[], FileStatus)[] objects = [.. store.ObjectsOf(volumeId, snapshotId).Select(path => Encoding.UTF8.GetBytes(path))
            .Select(path => (path, TryStatus(path) ?? default))];
        return store.FindVolume(volumeId) is { } volume && store.FindById(volume.Id, snapshotId) is { } snapshot
            ? new KnownSnapshot(store, volume, snapshot, objects)
            : null;
    }

    /// <summary>Whether this is the snapshot that is asked for, and nothing about it has changed.</summary>
    internal bool Holds(string volumeId, string snapshotId)
        => Volume.Id == volumeId && Snapshot.Id == snapshotId && Array.TrueForAll(_objects, one => TryStatus(one.Path) is { } now && IsSame(now, one.Status));

    private static bool IsSame(FileStatus a, FileStatus b)
        => a.Inode == b.Inode && a.Size == b.Size && a.ModificationTime == b.ModificationTime && a.ChangeTime == b.ChangeTime;

    private static FileStatus? TryStatus(byte[] path)
    {
        try
        {
            return FileStatus.GetPath(path);
        }
        catch (PosixException error) when (error.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
    }
}
