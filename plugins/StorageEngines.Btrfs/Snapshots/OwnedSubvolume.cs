using StorageEngines.Btrfs.Native;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>Deletes subvolumes for their owner too, who may be no more than that.</summary>
internal static class OwnedSubvolume
{
    /// <summary>
    /// Deletes a subvolume. An owner who is not root may do so where the mount has user_subvol_rm_allowed, but only what he may write to, which a read-only snapshot
    /// is not: it is made writable for that, under a name that is swept if it comes to no more.
    /// Implements: ioctl BTRFS_IOC_SNAP_DESTROY_V2, BTRFS_IOC_SUBVOL_SETFLAGS, ioctl_btrfs(2).
    /// </summary>
    /// <param name="parent">The directory that holds it.</param>
    /// <param name="name">Its name.</param>
    internal static void Destroy(BeneathRoot parent, byte[] name)
    {
        try
        {
            BtrfsControl.DestroySubvolume(parent.Root, name);
        }
        catch (PosixException e) when (e.Errno == Errno.EROFS && !Environment.IsPrivilegedProcess)
        {
            DestroyWritable(parent, name);
        }
    }

    private static void DestroyWritable(BeneathRoot parent, byte[] name)
    {
        byte[] doomed = SnapshotStore.IsUnfinished(name) ? name : [.. SnapshotStore.Unfinished, .. name];
        if (doomed != name)
        {
            parent.Rename(name, doomed); // Fails where the whole file system is read-only.
        }

        using DirectoryHandle subvolume = parent.OpenDirectory(doomed);
        BtrfsControl.SetReadOnly(subvolume, readOnly: false);
        try
        {
            BtrfsControl.DestroySubvolume(parent.Root, doomed);
        }
        catch (PosixException) when (doomed != name)
        {
            BtrfsControl.SetReadOnly(subvolume);
            parent.Rename(doomed, name);
            throw;
        }
    }
}
