using System.Text;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>The records that answered the last question about a snapshot. Three statx calls, or one, tell whether they still hold.</summary>
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
    /// <param name="volumeId">The volume.</param>
    /// <param name="snapshotId">The snapshot.</param>
    /// <param name="wholly">False to look at the snapshot's own record only: enough to read its data, since the store and the volume's kind cannot have changed beneath it.</param>
    internal bool Holds(string volumeId, string snapshotId, bool wholly)
    {
        if (Volume.Id != volumeId || Snapshot.Id != snapshotId)
            return false;
        for (int i = _objects.Length - 1; i >= 0; i = wholly ? i - 1 : -1)
        {
            if (TryStatus(_objects[i].Path) is not { } now || !IsSame(now, _objects[i].Status))
                return false;
        }
        return true;
    }

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
