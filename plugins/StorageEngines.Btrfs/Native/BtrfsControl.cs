using System.Buffers.Binary;
using System.Runtime.InteropServices;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Native;

/// <summary>The ioctls on subvolumes. Safe for use by several threads.</summary>
internal static class BtrfsControl
{
    private const ulong ReadOnlyFlag = 2; // BTRFS_SUBVOL_RDONLY
    private const int NameAt = 56;
    private const int LongestName = 255;

    /// <summary>Says whether a directory is on Btrfs. Implements: fstatfs(2).</summary>
    internal static bool IsBtrfs(SafeHandle directory) => Statfs.Get(directory).Type == BtrfsRequests.Magic;

    /// <summary>Says whether a directory is the root of a subvolume: inode 256 on Btrfs.</summary>
    internal static bool IsSubvolume(SafeHandle directory)
        => FileStatus.Get(directory) is { IsDirectory: true, Inode: BtrfsRequests.FirstFree } && IsBtrfs(directory);

    /// <summary>The file system's id. Implements: ioctl BTRFS_IOC_FS_INFO, ioctl_btrfs(2).</summary>
    /// <exception cref="PosixException">ENOTTY: it is not Btrfs.</exception>
    internal static Guid FileSystemId(SafeHandle directory)
    {
        Span<byte> info = stackalloc byte[BtrfsRequests.FileSystemInfoSize];
        info.Clear();
        Call(directory, BtrfsRequests.FileSystemInfo, info, "BTRFS_IOC_FS_INFO", default);
        return new Guid(info.Slice(16, 16), bigEndian: true);
    }

    /// <summary>
    /// The subvolume that a directory is the root of. On another directory the kernel answers for the subvolume around it: ask <see cref="IsSubvolume"/> first.
    /// Implements: ioctl BTRFS_IOC_GET_SUBVOL_INFO, ioctl_btrfs(2).
    /// </summary>
    internal static SubvolumeDetails Details(SafeHandle directory)
    {
        Span<byte> info = stackalloc byte[BtrfsRequests.SubvolumeInfoSize];
        info.Clear();
        Call(directory, BtrfsRequests.SubvolumeInfo, info, "BTRFS_IOC_GET_SUBVOL_INFO", default);
        return SubvolumeDetails.FromInfo(info);
    }

    /// <summary>Makes a snapshot, which is there and durable when the call returns. Implements: ioctl BTRFS_IOC_SNAP_CREATE_V2, ioctl_btrfs(2).</summary>
    /// <param name="source">The subvolume's root.</param>
    /// <param name="directory">The directory that gets the name.</param>
    /// <param name="name">The name, 1 to 255 bytes.</param>
    /// <param name="readOnly">Whether it cannot be written to.</param>
    internal static void CreateSnapshot(SafeHandle source, SafeHandle directory, ReadOnlySpan<byte> name, bool readOnly)
    {
        Span<byte> arguments = stackalloc byte[BtrfsRequests.VolumeArgumentsSize];
        SetName(arguments, name);
        bool added = false;
        try
        {
            source.DangerousAddRef(ref added);
            BinaryPrimitives.WriteInt64LittleEndian(arguments, source.DangerousGetHandle());
            BinaryPrimitives.WriteUInt64LittleEndian(arguments[16..], readOnly ? ReadOnlyFlag : 0);
            Call(directory, BtrfsRequests.SnapshotCreate, arguments, "BTRFS_IOC_SNAP_CREATE_V2", name);
        }
        finally
        {
            if (added)
            {
                source.DangerousRelease();
            }
        }
    }

    /// <summary>Makes an empty subvolume. Implements: ioctl BTRFS_IOC_SUBVOL_CREATE_V2, ioctl_btrfs(2).</summary>
    internal static void CreateSubvolume(SafeHandle directory, ReadOnlySpan<byte> name)
    {
        Span<byte> arguments = stackalloc byte[BtrfsRequests.VolumeArgumentsSize];
        SetName(arguments, name);
        Call(directory, BtrfsRequests.SubvolumeCreate, arguments, "BTRFS_IOC_SUBVOL_CREATE_V2", name);
    }

    /// <summary>Deletes a subvolume by its name; its space comes back later. Implements: ioctl BTRFS_IOC_SNAP_DESTROY_V2, ioctl_btrfs(2).</summary>
    /// <exception cref="PosixException">ENOTEMPTY: a subvolume is nested in it. EPERM: not allowed, or a send of it is running.</exception>
    internal static void DestroySubvolume(SafeHandle directory, ReadOnlySpan<byte> name)
    {
        Span<byte> arguments = stackalloc byte[BtrfsRequests.VolumeArgumentsSize];
        SetName(arguments, name);
        Call(directory, BtrfsRequests.SnapshotDestroy, arguments, "BTRFS_IOC_SNAP_DESTROY_V2", name);
    }

    /// <summary>
    /// Makes a subvolume read-only. The way back is for what is deleted at once: one that was received would keep its uuid and not be what it says.
    /// Implements: ioctl BTRFS_IOC_SUBVOL_GETFLAGS, BTRFS_IOC_SUBVOL_SETFLAGS, ioctl_btrfs(2).
    /// </summary>
    internal static void SetReadOnly(SafeHandle subvolume, bool readOnly = true)
    {
        Span<byte> flags = stackalloc byte[sizeof(ulong)];
        flags.Clear();
        Call(subvolume, BtrfsRequests.GetFlags, flags, "BTRFS_IOC_SUBVOL_GETFLAGS", default);
        ulong others = BinaryPrimitives.ReadUInt64LittleEndian(flags) & ~ReadOnlyFlag;
        BinaryPrimitives.WriteUInt64LittleEndian(flags, readOnly ? others | ReadOnlyFlag : others);
        Call(subvolume, BtrfsRequests.SetFlags, flags, "BTRFS_IOC_SUBVOL_SETFLAGS", default);
    }

    /// <summary>Notes in a writable subvolume which one it was made from by a stream. Implements: ioctl BTRFS_IOC_SET_RECEIVED_SUBVOL, ioctl_btrfs(2).</summary>
    /// <param name="subvolume">The subvolume's root.</param>
    /// <param name="uuid">The uuid that the sender told.</param>
    /// <param name="transaction">The transaction that the sender told.</param>
    internal static void SetReceived(SafeHandle subvolume, Guid uuid, ulong transaction)
    {
        Span<byte> arguments = stackalloc byte[BtrfsRequests.ReceivedSize];
        arguments.Clear();
        uuid.TryWriteBytes(arguments, bigEndian: true, out _);
        BinaryPrimitives.WriteUInt64LittleEndian(arguments[16..], transaction);
        Call(subvolume, BtrfsRequests.SetReceived, arguments, "BTRFS_IOC_SET_RECEIVED_SUBVOL", default);
    }

    /// <summary>The path of a directory within its subvolume, with <c>/</c> at its end; empty for the root. Needs CAP_SYS_ADMIN. Implements: ioctl BTRFS_IOC_INO_LOOKUP, ioctl_btrfs(2).</summary>
    internal static byte[] DirectoryPath(SafeHandle fileSystem, ulong subvolume, ulong inode)
    {
        Span<byte> arguments = stackalloc byte[BtrfsRequests.InodeLookupSize];
        arguments.Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(arguments, subvolume);
        BinaryPrimitives.WriteUInt64LittleEndian(arguments[8..], inode);
        Call(fileSystem, BtrfsRequests.InodeLookup, arguments, "BTRFS_IOC_INO_LOOKUP", default);
        ReadOnlySpan<byte> path = arguments[16..];
        int end = path.IndexOf((byte)0);
        return path[..(end < 0 ? path.Length : end)].ToArray();
    }

    /// <summary>Begins to commit what the file system has in memory, so that snapshots asked for now share one transaction. Implements: ioctl BTRFS_IOC_START_SYNC, ioctl_btrfs(2).</summary>
    /// <returns>The transaction.</returns>
    internal static ulong StartSync(SafeHandle fileSystem)
    {
        Span<byte> transaction = stackalloc byte[sizeof(ulong)];
        transaction.Clear();
        Call(fileSystem, BtrfsRequests.StartSync, transaction, "BTRFS_IOC_START_SYNC", default);
        return BinaryPrimitives.ReadUInt64LittleEndian(transaction);
    }

    /// <summary>Waits for a transaction to be on the device. Implements: ioctl BTRFS_IOC_WAIT_SYNC, ioctl_btrfs(2).</summary>
    internal static void WaitSync(SafeHandle fileSystem, ulong transaction)
    {
        Span<byte> argument = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(argument, transaction);
        Call(fileSystem, BtrfsRequests.WaitSync, argument, "BTRFS_IOC_WAIT_SYNC", default);
    }

    /// <summary>Commits everything. Implements: ioctl BTRFS_IOC_SYNC, ioctl_btrfs(2).</summary>
    internal static void Sync(SafeHandle fileSystem)
    {
        Span<byte> none = stackalloc byte[1];
        Call(fileSystem, BtrfsRequests.Sync, none, "BTRFS_IOC_SYNC", default);
    }

    // The kernel may return 1 for success.
    private static void Call(SafeHandle file, nuint request, Span<byte> argument, string name, ReadOnlySpan<byte> path)
    {
        int result;
        do
        {
            result = Libc.Control(file, request, ref MemoryMarshal.GetReference(argument));
        }
        while (result < 0 && Libc.LastError == Errno.EINTR);
        if (result < 0)
        {
            throw PosixException.Last("ioctl " + name, path);
        }
    }

    private static void SetName(Span<byte> arguments, ReadOnlySpan<byte> name)
    {
        PathRules.CheckName(name, "subvolume");
        if (name.Length > LongestName)
        {
            throw new PosixException(Errno.ENAMETOOLONG, "subvolume", name);
        }

        arguments.Clear();
        name.CopyTo(arguments[NameAt..]);
    }
}
