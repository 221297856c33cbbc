using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

internal sealed partial class BeneathRoot
{
    private const uint Unchanged = uint.MaxValue;

    /// <summary>The status; false when the name, or a directory on the way, does not exist. Implements: statx(2).</summary>
    /// <exception cref="PosixException">It cannot be had; ELOOP when a link is in the way.</exception>
    internal bool TryGetStatus(ReadOnlySpan<byte> path, out FileStatus status)
    {
        try
        {
            DirectoryHandle parent = ParentOrRoot(path, "statx", out ReadOnlySpan<byte> name);
            return FileStatus.TryGetChecked(parent, name, out status);
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            status = default;
            return false;
        }
    }

    /// <summary>The target of a symbolic link. Implements: readlinkat(2).</summary>
    /// <exception cref="PosixException">It cannot be read; EINVAL when it is not a link.</exception>
    internal byte[] ReadLink(ReadOnlySpan<byte> path) => Parent(path, "readlinkat", out ReadOnlySpan<byte> name).ReadLink(name);

    /// <summary>Sets the length of a regular file. Implements: ftruncate(2).</summary>
    /// <exception cref="PosixException">It cannot be set.</exception>
    internal void Truncate(ReadOnlySpan<byte> path, long length)
    {
        using SafeFileHandle file = OpenFileForWrite(path);
        FileWriting.Truncate(file, length);
    }

    /// <summary>Sets the permission bits; links have none, so nothing happens to them. Implements: fchmodat(2), AT_SYMLINK_NOFOLLOW.</summary>
    /// <param name="path">The file; empty for the root.</param>
    /// <param name="mode">0 to 07777; not cut by the umask. Set the owner first, changing it clears some of the bits.</param>
    /// <exception cref="PosixException">It cannot be set.</exception>
    internal void SetMode(ReadOnlySpan<byte> path, uint mode)
    {
        DirectoryHandle parent = ParentOrRoot(path, "fchmodat", out ReadOnlySpan<byte> name);
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        if (Libc.ChangeMode(parent, text.Bytes, mode & 0xFFF, Libc.NoFollow) == 0)
            return;
        int errno = Libc.LastError;
        if (errno == Errno.EOPNOTSUPP && FileStatus.TryGetChecked(parent, name, out FileStatus status) && status.IsSymlink)
            return;
        throw new PosixException(errno, "fchmodat", path);
    }

    /// <summary>Sets owner and group, of a link itself too; null leaves one as it is. Implements: fchownat(2), AT_SYMLINK_NOFOLLOW.</summary>
    /// <exception cref="PosixException">It cannot be set; EPERM without CAP_CHOWN.</exception>
    internal void SetOwner(ReadOnlySpan<byte> path, uint? user, uint? group)
    {
        DirectoryHandle parent = ParentOrRoot(path, "fchownat", out ReadOnlySpan<byte> name);
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        Check(Libc.ChangeOwner(parent, text.Bytes, user ?? Unchanged, group ?? Unchanged, Libc.NoFollow), "fchownat", path);
    }

    /// <summary>Sets the times, of a link itself too; null leaves one as it is. Implements: utimensat(2), AT_SYMLINK_NOFOLLOW, UTIME_OMIT.</summary>
    /// <exception cref="PosixException">They cannot be set.</exception>
    internal void SetTimes(ReadOnlySpan<byte> path, PosixTime? access, PosixTime? modification)
    {
        DirectoryHandle parent = ParentOrRoot(path, "utimensat", out ReadOnlySpan<byte> name);
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        Libc.TimePair times = HandleAttributes.Times(access, modification, path);
        Check(Libc.SetTimes(parent, text.Bytes, in times, Libc.NoFollow), "utimensat", path);
    }

    /// <summary>Creates or replaces an extended attribute, see <see cref="Xattr.Set"/>.</summary>
    internal void SetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value) =>
        Xattr.Set(ParentOrRoot(path, "setxattr", out ReadOnlySpan<byte> name), name, attribute, value);

    /// <summary>Removes an extended attribute, see <see cref="Xattr.Remove"/>.</summary>
    internal bool RemoveXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> attribute) =>
        Xattr.Remove(ParentOrRoot(path, "removexattr", out ReadOnlySpan<byte> name), name, attribute);

    /// <summary>Names of the extended attributes, see <see cref="Xattr.List"/>.</summary>
    internal IReadOnlyList<byte[]> ListXattrs(ReadOnlySpan<byte> path) =>
        Xattr.List(ParentOrRoot(path, "listxattr", out ReadOnlySpan<byte> name), name);

    /// <summary>Value of an extended attribute or null, see <see cref="Xattr.Get"/>.</summary>
    internal byte[]? GetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> attribute) =>
        Xattr.Get(ParentOrRoot(path, "getxattr", out ReadOnlySpan<byte> name), name, attribute);
}
