using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

/// <summary>Opens files for reading and reads them; no call here ever waits for the other end of a named pipe.</summary>
internal static class FileHandle
{
    private const nuint BlockDeviceSize = 0x80081272; // BLKGETSIZE64

    /// <summary>
    /// Opens a name for reading, never through a symbolic link and without touching its access time where allowed.
    /// Opening a device can act on it, so look at the type first.
    /// Implements: openat(2), O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOATIME.
    /// </summary>
    /// <exception cref="PosixException">It cannot be opened; ELOOP when the name is a symbolic link, ENXIO for a socket.</exception>
    internal static SafeFileHandle OpenRead(DirectoryHandle directory, ReadOnlySpan<byte> name)
    {
        PathRules.CheckName(name, "openat");
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        int descriptor = Libc.OpenAtQuietly(directory, text.Bytes, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking);
        return descriptor >= 0 ? Adopt(descriptor) : throw PosixException.Last("openat", name);
    }

    /// <summary>Like <see cref="OpenRead(DirectoryHandle, ReadOnlySpan{byte})"/>, and the file that was opened is certainly a regular one.</summary>
    /// <exception cref="PosixException">It cannot be opened, or is of another type (EINVAL).</exception>
    internal static SafeFileHandle OpenRegular(DirectoryHandle directory, ReadOnlySpan<byte> name, out FileStatus status)
    {
        SafeFileHandle file = OpenRead(directory, name);
        try
        {
            status = FileStatus.Get(file);
            if (!status.IsRegular)
                throw new PosixException(Errno.EINVAL, "openat", name, $"refused: it is not a regular file but {status.Type}");
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Opens a file or device the user named; symbolic links are followed. Implements: open(2), O_NONBLOCK | O_CLOEXEC.</summary>
    /// <exception cref="PosixException">It cannot be opened.</exception>
    internal static SafeFileHandle OpenRead(ReadOnlySpan<byte> path) => Open(path, OpenFlags.ReadOnly);

    /// <summary>Opens an existing file or device the user named for reading and writing. Implements: open(2), O_RDWR.</summary>
    /// <exception cref="PosixException">It cannot be opened.</exception>
    internal static SafeFileHandle OpenReadWrite(ReadOnlySpan<byte> path) => Open(path, OpenFlags.ReadWrite);

    /// <summary>Takes over an open descriptor of a file.</summary>
    internal static SafeFileHandle Adopt(int descriptor) => new(descriptor, ownsHandle: true);

    /// <summary>Reads until the buffer is full or the file ends; returns the bytes read. Implements: pread(2).</summary>
    /// <exception cref="PosixException">The read failed.</exception>
    internal static int ReadAt(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        int done = 0;
        while (done < buffer.Length)
        {
            nint count = Libc.PRead(file, ref MemoryMarshal.GetReference(buffer[done..]), buffer.Length - done, offset + done);
            if (count == 0)
                break;
            if (count > 0)
                done += (int)count;
            else if (Libc.LastError != Errno.EINTR)
                throw PosixException.Last("pread");
        }
        return done;
    }

    /// <summary>Bytes of a regular file, or of the medium of a block device. Implements: statx(2), ioctl BLKGETSIZE64.</summary>
    /// <exception cref="PosixException">The size cannot be had.</exception>
    internal static long GetLength(SafeFileHandle file)
    {
        FileStatus status = FileStatus.Get(file);
        if (status.Type != FileType.BlockDevice)
            return status.Size;
        return Libc.Control(file, BlockDeviceSize, out ulong size) == 0
            ? checked((long)size)
            : throw PosixException.Last("ioctl BLKGETSIZE64");
    }

    /// <summary>Tells the system that the file will be read from front to back; only a hint. Implements: posix_fadvise(2).</summary>
    internal static void AdviseSequential(SafeFileHandle file) => _ = Libc.Advise(file, 0, 0, 2);

    /// <summary>Tells the system that the cached pages of a range are not needed again; only a hint. Implements: posix_fadvise(2).</summary>
    internal static void AdviseDone(SafeFileHandle file, long offset, long length) => _ = Libc.Advise(file, offset, length, 4);

    private static SafeFileHandle Open(ReadOnlySpan<byte> path, int flags)
    {
        using CString text = new(path, stackalloc byte[CString.PathScratch]);
        int descriptor = Libc.Open(text.Bytes, flags | OpenFlags.NonBlocking);
        return descriptor >= 0 ? Adopt(descriptor) : throw PosixException.Last("open", path);
    }
}
