using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

/// <summary>An open directory. Names are looked up in it by the *at calls, so the length of the path to it does not matter.</summary>
internal sealed class DirectoryHandle : SafeHandle
{
    private DirectoryHandle(int descriptor)
        : base(-1, ownsHandle: true) => SetHandle(descriptor);

    /// <inheritdoc/>
    public override bool IsInvalid => handle == -1;

    /// <summary>The descriptor, for a caller that keeps this handle open meanwhile.</summary>
    internal int Descriptor => (int)handle;

    /// <summary>Opens a directory the user named; symbolic links are followed. Implements: open(2), O_DIRECTORY.</summary>
    /// <exception cref="PosixException">The directory cannot be opened.</exception>
    internal static DirectoryHandle Open(ReadOnlySpan<byte> path)
    {
        using CString text = new(path, stackalloc byte[CString.PathScratch]);
        int descriptor = Libc.Open(text.Bytes, OpenFlags.ReadOnly | OpenFlags.Directory);
        return descriptor >= 0 ? new DirectoryHandle(descriptor) : throw PosixException.Last("open", path);
    }

    /// <summary>Takes over an open descriptor of a directory.</summary>
    internal static DirectoryHandle Adopt(int descriptor) => new(descriptor);

    /// <summary>Opens a directory in this one, never through a symbolic link. Implements: openat(2), O_DIRECTORY | O_NOFOLLOW.</summary>
    /// <exception cref="PosixException">It cannot be opened; ENOTDIR when the name is a symbolic link or another file.</exception>
    internal DirectoryHandle OpenChild(ReadOnlySpan<byte> name)
    {
        PathRules.CheckName(name, "openat");
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        int descriptor = Libc.OpenAtQuietly(this, text.Bytes, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        return descriptor >= 0 ? new DirectoryHandle(descriptor) : throw PosixException.Last("openat", name);
    }

    /// <summary>
    /// Lists the directory into the caller's buffer, without an allocation per entry and without <c>.</c> and <c>..</c>.
    /// One listing at a time: it moves the position of this open directory.
    /// </summary>
    /// <param name="buffer">At least <see cref="DirectoryEntries.MinimumBuffer"/> bytes; 64 KiB reads well.</param>
    internal DirectoryEntries Entries(Span<byte> buffer) => new(this, buffer);

    /// <summary>Starts the next listing at the first entry again. Implements: lseek(2).</summary>
    internal void Rewind()
    {
        if (Libc.Seek(this, 0, 0) < 0)
            throw PosixException.Last("lseek");
    }

    /// <summary>Makes the names in this directory durable. Implements: fsync(2).</summary>
    /// <exception cref="PosixException">The device refused.</exception>
    internal void Sync()
    {
        if (Libc.Sync(this) != 0)
            throw PosixException.Last("fsync");
    }

    /// <summary>The target of a symbolic link. Implements: readlinkat(2).</summary>
    /// <exception cref="PosixException">The link cannot be read; EINVAL when it is not a link.</exception>
    internal byte[] ReadLink(ReadOnlySpan<byte> name)
    {
        PathRules.CheckName(name, "readlinkat");
        using CString text = new(name, stackalloc byte[CString.NameScratch]);
        byte[] target = new byte[4096]; // PATH_MAX bounds every target
        nint length = Libc.ReadLink(this, text.Bytes, ref target[0], target.Length);
        return length >= 0 ? target.AsSpan(0, (int)length).ToArray() : throw PosixException.Last("readlinkat", name);
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => Libc.Close(handle) == 0;
}
