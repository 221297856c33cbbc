using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

internal sealed partial class BeneathRoot
{
    /// <summary>Creates a regular file, open for reading and writing; fails with EEXIST when the name is taken. Implements: openat(2), O_CREAT | O_EXCL.</summary>
    /// <param name="path">The new name.</param>
    /// <param name="mode">Permission bits, cut by the umask; 0600 by default so that nobody reads it half-written.</param>
    /// <exception cref="PosixException">It cannot be created.</exception>
    internal SafeFileHandle CreateFile(ReadOnlySpan<byte> path, uint mode = 0x180)
    {
        DirectoryHandle parent = Parent(path, "openat", out ReadOnlySpan<byte> name);
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        int descriptor = Libc.OpenAt(parent, text.Bytes, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, mode);
        return descriptor >= 0 ? FileHandle.Adopt(descriptor) : throw PosixException.Last("openat", path);
    }

    /// <summary>Opens an existing regular file for reading and writing. Implements: openat(2), O_RDWR | O_NOFOLLOW.</summary>
    /// <exception cref="PosixException">It cannot be opened, is a link (ELOOP) or of another type (EINVAL).</exception>
    internal SafeFileHandle OpenFileForWrite(ReadOnlySpan<byte> path) => OpenRegular(path, OpenFlags.ReadWrite);

    /// <summary>Opens an existing regular file for reading. Implements: openat(2), O_RDONLY | O_NOFOLLOW.</summary>
    /// <exception cref="PosixException">It cannot be opened, is a link (ELOOP) or of another type (EINVAL).</exception>
    internal SafeFileHandle OpenFileForRead(ReadOnlySpan<byte> path) => OpenRegular(path, OpenFlags.ReadOnly);

    /// <summary>Creates a directory. Implements: mkdirat(2).</summary>
    /// <param name="path">The new name.</param>
    /// <param name="mode">Permission bits, cut by the umask; 0700 by default.</param>
    /// <exception cref="PosixException">It cannot be created; EEXIST when the name is taken.</exception>
    internal void MakeDirectory(ReadOnlySpan<byte> path, uint mode = 0x1C0)
    {
        DirectoryHandle parent = Parent(path, "mkdirat", out ReadOnlySpan<byte> name);
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        Check(Libc.MakeDirectory(parent, text.Bytes, mode), "mkdirat", path);
    }

    /// <summary>Creates a symbolic link; the target is kept as it is and may lead anywhere. Implements: symlinkat(2).</summary>
    /// <exception cref="PosixException">It cannot be created; EEXIST when the name is taken.</exception>
    internal void MakeSymlink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target)
    {
        DirectoryHandle parent = Parent(path, "symlinkat", out ReadOnlySpan<byte> name);
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        using CString to = new(target, stackalloc byte[CString.PathScratch]);
        Check(Libc.MakeSymlink(to.Bytes, parent, text.Bytes), "symlinkat", path);
    }

    /// <summary>Creates a named pipe, socket or device. Implements: mknodat(2).</summary>
    /// <param name="path">The new name.</param>
    /// <param name="type">Fifo, Socket, CharacterDevice or BlockDevice.</param>
    /// <param name="mode">Permission bits, cut by the umask.</param>
    /// <param name="major">Major number of a device, 0 to 4095.</param>
    /// <param name="minor">Minor number of a device, 0 to 1048575.</param>
    /// <exception cref="PosixException">It cannot be created; EPERM for devices without CAP_MKNOD.</exception>
    internal void MakeNode(ReadOnlySpan<byte> path, FileType type, uint mode, uint major = 0, uint minor = 0)
    {
        if (type is not (FileType.Fifo or FileType.Socket or FileType.CharacterDevice or FileType.BlockDevice))
            throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type that mknod makes here.");
        if (major > 0xFFF || minor > 0xFFFFF)
            throw new PosixException(Errno.EINVAL, "mknodat", path, $"refused: device number {major}:{minor} is out of range");
        DirectoryHandle parent = Parent(path, "mknodat", out ReadOnlySpan<byte> name);
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        uint device = (minor & 0xFF) | (major << 8) | ((minor & ~0xFFu) << 12);
        Check(Libc.MakeNode(parent, text.Bytes, (uint)type | (mode & 0xFFF), device), "mknodat", path);
    }

    /// <summary>Gives an existing file a second name; a link is linked itself, not its target. Implements: linkat(2).</summary>
    /// <exception cref="PosixException">It cannot be linked; EEXIST when the new name is taken.</exception>
    internal void HardLink(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> path)
    {
        DirectoryHandle fromParent = Parent(existing, "linkat", out ReadOnlySpan<byte> from);
        DirectoryHandle toParent = Parent(path, "linkat", out ReadOnlySpan<byte> to);
        using CString fromText = new(from, stackalloc byte[CString.NameScratch]);
        using CString toText = new(to, stackalloc byte[CString.NameScratch]);
        Check(Libc.Link(fromParent, fromText.Bytes, toParent, toText.Bytes, 0), "linkat", path);
    }

    /// <summary>Moves a file or directory within the tree, in one step. Implements: renameat2(2).</summary>
    /// <exception cref="PosixException">It cannot be moved.</exception>
    internal void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to, RenameMode mode = RenameMode.Replace)
    {
        DirectoryHandle fromParent = Parent(from, "renameat2", out ReadOnlySpan<byte> fromName);
        DirectoryHandle toParent = Parent(to, "renameat2", out ReadOnlySpan<byte> toName);
        using CString fromText = new(fromName, stackalloc byte[CString.NameScratch]);
        using CString toText = new(toName, stackalloc byte[CString.NameScratch]);
        Check(Libc.Rename(fromParent, fromText.Bytes, toParent, toText.Bytes, (uint)mode), "renameat2", from);
        _parents.Forget(from);
        _parents.Forget(to);
    }

    /// <summary>Removes a name that is not a directory; false when it was gone already. Implements: unlinkat(2).</summary>
    /// <exception cref="PosixException">It cannot be removed; EISDIR for a directory.</exception>
    internal bool Unlink(ReadOnlySpan<byte> path) => Remove(path, 0);

    /// <summary>Removes an empty directory; false when it was gone already. Implements: unlinkat(2), AT_REMOVEDIR.</summary>
    /// <exception cref="PosixException">It cannot be removed; ENOTEMPTY when it is not empty.</exception>
    internal bool RemoveDirectory(ReadOnlySpan<byte> path)
    {
        bool removed = Remove(path, Libc.RemoveDirectory);
        _parents.Forget(path);
        return removed;
    }

    private bool Remove(ReadOnlySpan<byte> path, int flags)
    {
        DirectoryHandle parent;
        ReadOnlySpan<byte> name;
        try
        {
            parent = Parent(path, "unlinkat", out name);
        }
        catch (PosixException e) when (e.Errno == Errno.ENOENT)
        {
            return false;
        }
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        if (Libc.Unlink(parent, text.Bytes, flags) == 0)
            return true;
        return Libc.LastError == Errno.ENOENT ? false : throw PosixException.Last("unlinkat", path);
    }

    private SafeFileHandle OpenRegular(ReadOnlySpan<byte> path, int flags)
    {
        DirectoryHandle parent = Parent(path, "openat", out ReadOnlySpan<byte> name);
        // Opening a device can act on it, so look first; and look again at what was opened.
        if (FileStatus.TryGetChecked(parent, name, out FileStatus before))
            RequireRegular(before, path);
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        int descriptor = Libc.OpenAt(parent, text.Bytes, flags | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        if (descriptor < 0)
            throw PosixException.Last("openat", path);
        SafeFileHandle file = FileHandle.Adopt(descriptor);
        try
        {
            RequireRegular(FileStatus.Get(file), path);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static void RequireRegular(in FileStatus status, ReadOnlySpan<byte> path)
    {
        if (status.IsSymlink)
            throw new PosixException(Errno.ELOOP, "openat", path, "refused: it is a symbolic link, which could lead out of the tree");
        if (!status.IsRegular)
            throw new PosixException(Errno.EINVAL, "openat", path, $"refused: it is not a regular file but {status.Type}");
    }

    private static void Check(int result, string operation, ReadOnlySpan<byte> path)
    {
        if (result != 0)
            throw PosixException.Last(operation, path);
    }
}
