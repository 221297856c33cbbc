using System.Buffers.Binary;

namespace StorageEngines.Posix;

/// <summary>One entry of a listing; the name lives in the listing's buffer and is good until the next step.</summary>
internal readonly ref struct DirectoryEntry(ReadOnlySpan<byte> name, ulong inode, FileType type)
{
    /// <summary>The name without the NUL.</summary>
    internal ReadOnlySpan<byte> Name { get; } = name;

    /// <summary>The inode number; at a mount point that of the directory beneath the mount.</summary>
    internal ulong Inode { get; } = inode;

    /// <summary>The type, or <see cref="FileType.Unknown"/> where the file system does not tell.</summary>
    internal FileType Type { get; } = type;
}

/// <summary>Steps through a directory; usable in foreach. Implements: getdents64(2).</summary>
internal ref struct DirectoryEntries
{
    /// <summary>Smallest buffer: the longest entry.</summary>
    internal const int MinimumBuffer = 512;

    private const int NameOffset = 19; // linux_dirent64: ino 8, off 8, reclen 2, type 1, then the name

    private readonly DirectoryHandle _directory;
    private readonly Span<byte> _buffer;
    private int _next;
    private int _end;

    internal DirectoryEntries(DirectoryHandle directory, Span<byte> buffer)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(buffer.Length, MinimumBuffer, nameof(buffer));
        _directory = directory;
        _buffer = buffer;
    }

    /// <summary>The entry of the last successful step.</summary>
    public DirectoryEntry Current { get; private set; }

    /// <summary>For foreach.</summary>
    public readonly DirectoryEntries GetEnumerator() => this;

    /// <summary>Takes the next entry; false at the end.</summary>
    /// <exception cref="PosixException">The directory cannot be read.</exception>
    public bool MoveNext()
    {
        while (_next < _end || Fill())
        {
            Span<byte> entry = _buffer[_next.._end];
            int length = BinaryPrimitives.ReadUInt16LittleEndian(entry[16..]);
            ReadOnlySpan<byte> name = entry[NameOffset..length];
            name = name[..name.IndexOf((byte)0)];
            _next += length;
            if (IsDot(name))
                continue;
            Current = new DirectoryEntry(name, BinaryPrimitives.ReadUInt64LittleEndian(entry), (FileType)(entry[18] << 12));
            return true;
        }
        return false;
    }

    private bool Fill()
    {
        int count = Libc.GetDirectoryEntries(_directory, _buffer);
        // A directory that was removed while open has no entries any more; the kernel says ENOENT.
        if (count < 0 && Libc.LastError != Errno.ENOENT)
            throw PosixException.Last("getdents64");
        _next = 0;
        _end = Math.Max(count, 0);
        return _end > 0;
    }

    private static bool IsDot(ReadOnlySpan<byte> name) =>
        name[0] == '.' && (name.Length == 1 || (name.Length == 2 && name[1] == '.'));
}
