using System.Text;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>Makes clones in a store.</summary>
internal static class CloneWriter
{
    private const int Attempts = 5;
    private const uint ReadOnlyMode = 0x100; // 0400

    /// <summary>
    /// Clones a file into the store, durably and under its final name. The file system does that at one instant, whoever writes meanwhile.
    /// Implements: fsync(2), ioctl_ficlone(2), futimens(3).
    /// </summary>
    /// <param name="files">The store.</param>
    /// <param name="snapshotId">The snapshot that it is for.</param>
    /// <param name="number">Counts the clones of the snapshot.</param>
    /// <param name="source">The open file.</param>
    /// <param name="clone">The clone.</param>
    /// <param name="size">Its bytes.</param>
    /// <returns>False if these two places cannot share blocks; then nothing is left.</returns>
    /// <exception cref="PosixException">The source cannot be synced or cloned.</exception>
    /// <exception cref="StorageEngineException">The store cannot be written, or the file's length does not hold still.</exception>
    internal static bool TryMake(StoreFiles files, Guid snapshotId, ulong number, SafeFileHandle source, out CloneRef clone, out long size)
    {
        (clone, size) = (default, 0);
        if (!MayShare(source))
            return false;
        FileWriting.Sync(source);
        StoreFiles.CreateDirectory(files.Clones);
        for (int attempt = 1; attempt <= Attempts; attempt++)
        {
            FileStatus before = FileStatus.Get(source);
            clone = new CloneRef(snapshotId, number, before.ModificationTime);
            using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(files.Clones));
            using AtomicFile file = AtomicFile.Create(directory, Encoding.ASCII.GetBytes(clone.FileName), ReadOnlyMode);
            if (!TryShare(source, file.Handle))
                return false;
            size = FileHandle.GetLength(file.Handle);
            long now = FileHandle.GetLength(source);
            // A clone that was broken off has another length than its source had at any time.
            if (size < Math.Min(before.Size, now) || size > Math.Max(before.Size, now))
                continue;
            FileWriting.SetModificationTime(file.Handle, before.ModificationTime);
            clone = clone with { Stamp = FileStatus.Get(file.Handle).ModificationTime };
            files.Step("publish .clone");
            file.Publish(replace: false);
            files.Step("published .clone");
            return true;
        }
        throw new StorageEngineException(EngineStatus.Aborted, EngineReason.ChangedWhileRead, Recovery.RetryAfterBackoff,
            $"The file's length changed each of {Attempts} times that it was cloned; stop what resizes it, and try again.")
        { Engine = TarRsyncEngineFactory.SchemeName, Operation = "create snapshot" };
    }

    private static bool TryShare(SafeFileHandle source, SafeFileHandle target)
        => Posix.Reflink.TryClone(source, target)
            || (Posix.Reflink.TryMatchNoCopyOnWrite(source, target) && Posix.Reflink.TryClone(source, target));

    // Spares the many stores on file systems that never can an empty directory.
    private static bool MayShare(SafeFileHandle source)
        => Statfs.Get(source).Name is not ("ext4" or "tmpfs" or "ramfs" or "f2fs" or "vfat" or "exfat" or "squashfs" or "ntfs3" or "fuse" or "9p" or "virtiofs");
}
