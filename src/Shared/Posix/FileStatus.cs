using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

/// <summary>What the system knows of one file: symbolic links are never followed. Implements: statx(2).</summary>
internal readonly struct FileStatus
{
    private const uint Wanted = 0x7FF | 0x800 | 0x1000; // STATX_BASIC_STATS | STATX_BTIME | STATX_MNT_ID
    private const uint HasBirthTime = 0x800;
    private const int Flags = Libc.NoFollow | Libc.NoAutomount;

    private FileStatus(in Libc.StatxData data)
    {
        Type = (FileType)(data.Mode & 0xF000);
        Mode = data.Mode & 0xFFFu;
        UserId = data.UserId;
        GroupId = data.GroupId;
        Size = checked((long)data.Size);
        Blocks = data.Blocks;
        LinkCount = data.LinkCount;
        Inode = data.Inode;
        DeviceMajor = data.DeviceMajor;
        DeviceMinor = data.DeviceMinor;
        NodeMajor = data.DeviceNodeMajor;
        NodeMinor = data.DeviceNodeMinor;
        MountId = data.MountId;
        Attributes = data.Attributes & data.AttributesMask;
        AccessTime = Time(data.AccessTime);
        ModificationTime = Time(data.ModificationTime);
        ChangeTime = Time(data.ChangeTime);
        BirthTime = (data.Mask & HasBirthTime) != 0 ? Time(data.BirthTime) : null;
    }

    /// <summary>The type of the file.</summary>
    internal FileType Type { get; init; }

    /// <summary>Permission bits with set-user-id, set-group-id and sticky, 0 to 07777.</summary>
    internal uint Mode { get; init; }

    /// <summary>The owner.</summary>
    internal uint UserId { get; init; }

    /// <summary>The group.</summary>
    internal uint GroupId { get; init; }

    /// <summary>Bytes; for a symbolic link the length of its target, for a device 0.</summary>
    internal long Size { get; init; }

    /// <summary>Allocated space in units of 512 bytes.</summary>
    internal ulong Blocks { get; init; }

    /// <summary>Number of names.</summary>
    internal uint LinkCount { get; init; }

    /// <summary>The inode number.</summary>
    internal ulong Inode { get; init; }

    /// <summary>Major number of the device the file is on.</summary>
    internal uint DeviceMajor { get; init; }

    /// <summary>Minor number of the device the file is on.</summary>
    internal uint DeviceMinor { get; init; }

    /// <summary>Major number a device node stands for.</summary>
    internal uint NodeMajor { get; init; }

    /// <summary>Minor number a device node stands for.</summary>
    internal uint NodeMinor { get; init; }

    /// <summary>The mount the file was reached through; 0 before Linux 5.8.</summary>
    internal ulong MountId { get; init; }

    /// <summary>STATX_ATTR_ bits the file system answers for.</summary>
    internal ulong Attributes { get; init; }

    /// <summary>Last access.</summary>
    internal PosixTime AccessTime { get; init; }

    /// <summary>Last change of the content.</summary>
    internal PosixTime ModificationTime { get; init; }

    /// <summary>Last change of content or attributes; nobody can set it.</summary>
    internal PosixTime ChangeTime { get; init; }

    /// <summary>Creation, or null where the file system does not keep it.</summary>
    internal PosixTime? BirthTime { get; init; }

    /// <summary>The file is a directory.</summary>
    internal bool IsDirectory => Type == FileType.Directory;

    /// <summary>The file is a regular file.</summary>
    internal bool IsRegular => Type == FileType.Regular;

    /// <summary>The file is a symbolic link.</summary>
    internal bool IsSymlink => Type == FileType.Symlink;

    /// <summary>The file is the root of a mount (STATX_ATTR_MOUNT_ROOT, Linux 5.8).</summary>
    internal bool IsMountRoot => (Attributes & 0x2000) != 0;

    /// <summary>The status of an open file or directory.</summary>
    /// <exception cref="PosixException">The call failed.</exception>
    internal static FileStatus Get(SafeHandle file)
    {
        if (Libc.Statx(file, "\0"u8, Flags | Libc.EmptyPath, Wanted, out Libc.StatxData data) != 0)
            throw PosixException.Last("statx");
        return new FileStatus(in data);
    }

    /// <summary>The status of <paramref name="name"/> in a directory.</summary>
    /// <exception cref="PosixException">The call failed, also when the name does not exist (ENOENT).</exception>
    internal static FileStatus GetAt(SafeHandle directory, ReadOnlySpan<byte> name) =>
        TryGetAt(directory, name, out FileStatus status) ? status : throw new PosixException(Errno.ENOENT, "statx", name);

    /// <summary>Like <see cref="GetAt"/>, but a name that does not exist gives false.</summary>
    /// <exception cref="PosixException">The call failed for another reason.</exception>
    internal static bool TryGetAt(SafeHandle directory, ReadOnlySpan<byte> name, out FileStatus status)
    {
        PathRules.CheckName(name, "statx");
        return TryGetChecked(directory, name, out status);
    }

    /// <summary>The status of a path the user gave; links on the way are followed, a link at its end is followed too.</summary>
    /// <exception cref="PosixException">The call failed.</exception>
    internal static FileStatus GetPath(ReadOnlySpan<byte> path)
    {
        using CString text = new(path, stackalloc byte[CString.PathScratch]);
        if (Libc.Statx(Libc.CurrentDirectory, text.Bytes, Libc.NoAutomount, Wanted, out Libc.StatxData data) != 0)
            throw PosixException.Last("statx", path);
        return new FileStatus(in data);
    }

    /// <summary>For a name that was checked already, or <c>.</c>.</summary>
    internal static bool TryGetChecked(SafeHandle directory, ReadOnlySpan<byte> name, out FileStatus status)
    {
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        if (Libc.Statx(directory, text.Bytes, Flags, Wanted, out Libc.StatxData data) == 0)
        {
            status = new FileStatus(in data);
            return true;
        }
        status = default;
        return Libc.LastError == Errno.ENOENT ? false : throw PosixException.Last("statx", name);
    }

    /// <summary>For the names of a listing, each with its NUL behind it: nothing is copied.</summary>
    /// <exception cref="PosixException">The call failed for another reason than that the name does not exist.</exception>
    internal static bool TryGetTerminated(DirectoryHandle directory, ReadOnlySpan<byte> terminatedName, out FileStatus status)
    {
        if (Libc.StatxQuick(directory.Descriptor, ref MemoryMarshal.GetReference(terminatedName), Flags, Wanted, out Libc.StatxData data) == 0)
        {
            status = new FileStatus(in data);
            return true;
        }
        int error = Marshal.GetLastSystemError();
        status = default;
        return error == Errno.ENOENT ? false : throw new PosixException(error, "statx", terminatedName[..^1]);
    }

    private static PosixTime Time(in Libc.StatxTime time) => new(time.Seconds, (int)time.Nanoseconds);
}
