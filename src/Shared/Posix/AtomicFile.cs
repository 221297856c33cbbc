using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

/// <summary>
/// Writes a file so that after a crash either the whole of it is there under its name, or the name is as it was.
/// Write to <see cref="Handle"/>, then <see cref="Publish"/>; disposing without that leaves nothing behind.
/// After a crash a name for which <see cref="IsTemporaryName"/> holds may be left and can be deleted.
/// Implements: open(2) O_TMPFILE, fsync(2), linkat(2), renameat2(2).
/// </summary>
internal sealed class AtomicFile : IDisposable
{
    private readonly DirectoryHandle _directory;
    private readonly byte[] _name;
    private byte[]? _temporary;

    private AtomicFile(DirectoryHandle directory, ReadOnlySpan<byte> name, SafeFileHandle handle, byte[]? temporary)
    {
        _directory = directory;
        _name = [.. name, 0];
        Handle = handle;
        _temporary = temporary;
    }

    /// <summary>The file to write to; owned by this object.</summary>
    internal SafeFileHandle Handle { get; }

    /// <summary>Starts a file.</summary>
    /// <param name="directory">Where it will be; stays the caller's and must stay open.</param>
    /// <param name="name">Its name.</param>
    /// <param name="mode">Permission bits, not cut by the umask; 0600 by default.</param>
    /// <param name="named">Use a temporary name even where the file system has unnamed files.</param>
    /// <exception cref="PosixException">It cannot be created.</exception>
    internal static AtomicFile Create(DirectoryHandle directory, ReadOnlySpan<byte> name, uint mode = 0x180, bool named = false)
    {
        PathRules.CheckName(name, "openat");
        int descriptor = named ? -1 : Libc.OpenAt(directory, ".\0"u8, OpenFlags.ReadWrite | OpenFlags.Unnamed, 0x180);
        if (!named && descriptor < 0 && Libc.LastError is not (Errno.EOPNOTSUPP or Errno.EISDIR or Errno.ENOENT or Errno.EINVAL))
            throw PosixException.Last("open O_TMPFILE", name);
        byte[]? temporary = null;
        if (descriptor < 0)
        {
            temporary = TemporaryName();
            descriptor = Libc.OpenAt(directory, temporary, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive, 0x180);
            if (descriptor < 0)
                throw PosixException.Last("openat", name);
        }
        AtomicFile file = new(directory, name, FileHandle.Adopt(descriptor), temporary);
        if (Libc.ChangeMode(file.Handle, mode & 0xFFF) == 0)
            return file;
        PosixException error = PosixException.Last("fchmod", name);
        file.Dispose();
        throw error;
    }

    /// <summary>Writes a whole file, durably.</summary>
    /// <exception cref="PosixException">It cannot be written; the old state of the name stays.</exception>
    internal static void Write(DirectoryHandle directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> content, uint mode = 0x180, bool replace = true)
    {
        using AtomicFile file = Create(directory, name, mode);
        FileWriting.WriteAt(file.Handle, content, 0);
        file.Publish(replace);
    }

    /// <summary>A name this class gave to a file that was not published.</summary>
    internal static bool IsTemporaryName(ReadOnlySpan<byte> name) => name.StartsWith(".seng-tmp-"u8);

    /// <summary>Makes the content durable, gives it its name, and makes the name durable. Once only.</summary>
    /// <param name="replace">Replace a file of that name, in one step; else a taken name fails with EEXIST.</param>
    /// <exception cref="PosixException">One of the steps failed; only when it is the last (fsync of the directory) has the name changed.</exception>
    internal void Publish(bool replace = true)
    {
        FileWriting.Sync(Handle);
        if (_temporary is null && !replace)
        {
            Link(_name);
        }
        else
        {
            if (_temporary is null)
            {
                byte[] temporary = TemporaryName();
                Link(temporary);
                _temporary = temporary;
            }
            Rename(replace);
        }
        _directory.Sync();
    }

    /// <summary>Closes the file, and removes it when it was not published.</summary>
    public void Dispose()
    {
        // What cannot be removed stays under its temporary name, which the owner of the directory sweeps.
        if (_temporary is not null)
            _ = Libc.Unlink(_directory, _temporary, 0);
        _temporary = null;
        Handle.Dispose();
    }

    private void Link(byte[] name)
    {
        string self = string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Handle.DangerousGetHandle()}\0");
        if (Libc.Link(Libc.CurrentDirectory, Encoding.ASCII.GetBytes(self), _directory, name, Libc.Follow) != 0)
            throw PosixException.Last("linkat", _name.AsSpan(0, _name.Length - 1));
    }

    private void Rename(bool replace)
    {
        ReadOnlySpan<byte> name = _name.AsSpan(0, _name.Length - 1);
        int result = Libc.Rename(_directory, _temporary, _directory, _name, (uint)(replace ? RenameMode.Replace : RenameMode.NoReplace));
        if (result == 0)
        {
            _temporary = null;
            return;
        }
        // A file system without RENAME_NOREPLACE says EINVAL; a hard link refuses a taken name as well.
        if (replace || Libc.LastError != Errno.EINVAL)
            throw PosixException.Last("renameat2", name);
        if (Libc.Link(_directory, _temporary, _directory, _name, 0) != 0)
            throw PosixException.Last("linkat", name);
        _ = Libc.Unlink(_directory, _temporary, 0);
        _temporary = null;
    }

    private static byte[] TemporaryName() =>
        Encoding.ASCII.GetBytes($".seng-tmp-{BitConverter.ToUInt64(Guid.NewGuid().ToByteArray(), 8):x16}\0"); // Nobody's secret, and the library for secrets takes 5 ms to load.
}
