using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Changes a tree through <see cref="BeneathRoot"/>: what a restore and an applied differential have in common. Not thread-safe, one per thread.
/// </summary>
internal sealed class TreeWriter(BeneathRoot root, TreeWarnings warnings) : IDisposable
{
    private const int SmallestHole = 4096;

    private static readonly bool IsRoot = Environment.IsPrivilegedProcess;

    private byte[] _openPath = new byte[256];
    private int _openPathLength = -1;
    private SafeFileHandle? _open;

    /// <summary>The tree.</summary>
    internal BeneathRoot Root => root;

    /// <summary>Creates an empty file; a write to it follows usually, so it stays open.</summary>
    internal void MakeFile(ReadOnlySpan<byte> path)
    {
        Close();
        Keep(path, root.CreateFile(path));
    }

    /// <summary>Creates a device, pipe or socket.</summary>
    internal void MakeNode(ReadOnlySpan<byte> path, FileType type, uint mode, uint major, uint minor) => root.MakeNode(path, type, mode, major, minor);

    /// <summary>Writes bytes; whole pages of zeroes become a hole.</summary>
    internal void Write(ReadOnlySpan<byte> path, long offset, ReadOnlySpan<byte> data)
    {
        SafeFileHandle file = Open(path);
        if (IsHole(data))
        {
            Zero(file, offset, data.Length);
            return;
        }

        FileWriting.WriteAt(file, data, offset);
    }

    /// <summary>Whether data is written as a hole.</summary>
    internal static bool IsHole(ReadOnlySpan<byte> data) => data.Length >= SmallestHole && !data.ContainsAnyExcept((byte)0);

    /// <summary>Makes a range read as zeroes; it may extend the file.</summary>
    internal void Zero(ReadOnlySpan<byte> path, long offset, long length) => Zero(Open(path), offset, length);

    /// <summary>Makes a range read as zeroes without extending the file.</summary>
    internal void PunchHole(ReadOnlySpan<byte> path, long offset, long length) => FileWriting.PunchHole(Open(path), offset, length);

    /// <summary>Sets the length.</summary>
    internal void Truncate(ReadOnlySpan<byte> path, long size) => FileWriting.Truncate(Open(path), size);

    /// <summary>The file open for writing; it belongs to this object and is good until the next call.</summary>
    internal SafeFileHandle Open(ReadOnlySpan<byte> path)
    {
        if (_open is { } open && path.SequenceEqual(_openPath.AsSpan(0, Math.Max(_openPathLength, 0))))
        {
            return open;
        }

        Close();
        return Keep(path, OpenForWrite(path));
    }

    /// <summary>Sets the owner; told once and left out where that needs root.</summary>
    internal void SetOwner(ReadOnlySpan<byte> path, uint user, uint group)
    {
        if (!IsRoot && root.TryGetStatus(path, out FileStatus status) && status.UserId == user && status.GroupId == group)
        {
            return;
        }

        try
        {
            root.SetOwner(path, user, group);
        }
        catch (PosixException e) when (e.Errno == Errno.EPERM && !IsRoot)
        {
            warnings.Owners();
        }
    }

    /// <summary>Sets an attribute. Left out, and told once: Btrfs's own on other file systems, and privileged ones without root.</summary>
    internal void SetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        try
        {
            root.SetXattr(path, name, value);
        }
        catch (PosixException e) when (MayBeLeftOut(e, name))
        {
            warnings.Attribute(name, e);
        }
    }

    /// <summary>Removes an attribute; nothing happens if it is not there.</summary>
    internal void RemoveXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        try
        {
            root.RemoveXattr(path, name);
        }
        catch (PosixException e) when (MayBeLeftOut(e, name))
        {
            warnings.Attribute(name, e);
        }
    }

    /// <summary>Sets both times; the last thing done to a name.</summary>
    internal void SetTimes(ReadOnlySpan<byte> path, UnixTime access, UnixTime modification)
        => root.SetTimes(path, new PosixTime(access.Seconds, access.Nanoseconds), new PosixTime(modification.Seconds, modification.Nanoseconds));

    /// <summary>Closes the file that is kept open; to be called before names change.</summary>
    internal void Close()
    {
        _open?.Dispose();
        _open = null;
        _openPathLength = -1;
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private static bool MayBeLeftOut(PosixException e, ReadOnlySpan<byte> name)
        => (e.Errno == Errno.EOPNOTSUPP && name.StartsWith("btrfs."u8)) || (!IsRoot && e.Errno is Errno.EPERM or Errno.EACCES && !name.StartsWith("user."u8));

    private static void Zero(SafeFileHandle file, long offset, long length)
    {
        long size = FileHandle.GetLength(file);
        if (offset < size)
        {
            FileWriting.PunchHole(file, offset, Math.Min(length, size - offset));
        }

        if (offset + length > size)
        {
            FileWriting.Truncate(file, offset + length);
        }
    }

    private SafeFileHandle OpenForWrite(ReadOnlySpan<byte> path)
    {
        try
        {
            return root.OpenFileForWrite(path);
        }
        catch (PosixException e) when (e.Errno == Errno.EACCES && !IsRoot && root.TryGetStatus(path, out FileStatus status))
        {
            // The owner's own read-only file: open it for writing as root could, and leave its mode as it was.
            root.SetMode(path, status.Mode | 0x180);
            SafeFileHandle file = root.OpenFileForWrite(path);
            root.SetMode(path, status.Mode);
            return file;
        }
    }

    private SafeFileHandle Keep(ReadOnlySpan<byte> path, SafeFileHandle file)
    {
        if (_openPath.Length < path.Length)
        {
            _openPath = new byte[path.Length * 2];
        }

        path.CopyTo(_openPath);
        _openPathLength = path.Length;
        _open = file;
        return file;
    }
}
