using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>Cuts and deletes snapshots. One caller at a time.</summary>
internal static class SnapshotMaker
{
    /// <summary>Cuts one, or returns the one of that name. Implements: ioctl BTRFS_IOC_SNAP_CREATE_V2, ioctl_btrfs(2).</summary>
    /// <param name="place">The volume.</param>
    /// <param name="store">Its snapshot directory.</param>
    /// <param name="noted">What to note of it.</param>
    /// <param name="cancellationToken">Gives up before it is cut; nothing remains.</param>
    internal static SnapshotEntry Create(VolumePlace place, SnapshotStore store, SnapshotFile noted, CancellationToken cancellationToken)
    {
        byte[] name = System.Text.Encoding.ASCII.GetBytes(noted.Name);
        BytePath home = VolumeLookup.Below(store.Path, name);
        if (SnapshotCatalog.TryRead(place.Key, home) is { } there)
        {
            return there;
        }

        cancellationToken.ThrowIfCancellationRequested();
        MakeHome(store, name);
        try
        {
            using DirectoryHandle directory = store.Root.OpenDirectory(name);
            noted.Write(directory);
            cancellationToken.ThrowIfCancellationRequested();
            using DirectoryHandle source = OpenSame(place);
            BtrfsControl.CreateSnapshot(source, directory, SnapshotCatalog.DataName, readOnly: true);
        }
        catch
        {
            store.RemoveHome(name);
            throw;
        }

        return SnapshotCatalog.TryRead(place.Key, home) ?? throw new StorageEngineException(
            EngineStatus.Aborted, EngineReason.None, Recovery.Retry, $"The snapshot '{noted.Name}' of '{place.Location}' was removed while it was made; try again.")
        { Engine = BtrfsEngineFactory.SchemeName, Operation = "create snapshot" };
    }

    /// <summary>Deletes one. Implements: ioctl BTRFS_IOC_SNAP_DESTROY_V2, ioctl_btrfs(2).</summary>
    /// <param name="entry">The snapshot.</param>
    /// <exception cref="SnapshotInUseException">It is held, mounted, or being sent.</exception>
    internal static void Delete(SnapshotEntry entry)
    {
        if (entry.File is null)
        {
            Destroy(entry);
            return;
        }

        using SnapshotStore store = SnapshotStore.OpenLocked(entry.Path.Parent.Parent);
        byte[] name = entry.Path.Parent.Name.Span.ToArray();
        if (SnapshotCatalog.TryRead(entry.Volume, entry.Path.Parent) is not { } now || now.Details.Uuid != entry.Details.Uuid)
        {
            return; // Somebody else deleted it.
        }

        if (now.File is { Holds.Count: > 0 } held)
        {
            throw new SnapshotInUseException(
                EngineReason.HeldByOther, $"The snapshot '{entry.Name}' is held by {string.Join(", ", held.Holds)}; release it first.", held.Holds) { Engine = BtrfsEngineFactory.SchemeName };
        }

        Destroy(entry);
        store.RemoveHome(name);
    }

    /// <summary>Opens a volume's subvolume, and makes sure that it is the one that was found.</summary>
    internal static DirectoryHandle OpenSame(VolumePlace place)
    {
        DirectoryHandle directory = DirectoryHandle.Open(place.Location.Span);
        if (BtrfsControl.Details(directory).Uuid == place.Current.Uuid)
        {
            return directory;
        }

        directory.Dispose();
        throw new VolumeNotFoundException(place.Location.ToString(), EngineReason.VolumeReplaced) { Engine = BtrfsEngineFactory.SchemeName };
    }

    /// <summary>Makes a snapshot's directory.</summary>
    internal static void MakeHome(SnapshotStore store, byte[] name)
    {
        try
        {
            store.Root.MakeDirectory(name);
        }
        catch (PosixException e) when (e.Errno == Errno.EEXIST)
        {
            store.RemoveHome(name); // What a crash left of one that never was.
            store.Root.MakeDirectory(name);
        }
    }

    private static void Destroy(SnapshotEntry entry)
    {
        try
        {
            using DirectoryHandle parent = DirectoryHandle.Open(entry.Path.Parent.Span);
            BtrfsControl.DestroySubvolume(parent, entry.Path.Name.Span);
        }
        catch (PosixException e) when (e.Errno == Errno.ENOENT)
        {
            // It is gone, which is what was asked for.
        }
        catch (PosixException e) when (e.Errno == Errno.EBUSY || (e.Errno == Errno.EPERM && Environment.IsPrivilegedProcess))
        {
            throw new SnapshotInUseException(
                EngineReason.SnapshotBusy, $"The snapshot '{entry.Name}' at '{entry.Path}' is being sent, is mounted, or is the default subvolume; wait for the send, or unmount it.", [])
            { Engine = BtrfsEngineFactory.SchemeName, BackendCode = Errno.Name(e.Errno) };
        }
    }
}
