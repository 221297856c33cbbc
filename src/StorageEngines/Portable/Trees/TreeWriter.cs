using Microsoft.Win32.SafeHandles;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Changes a tree through <see cref="BeneathRoot"/>: what a restore and an applied differential have in common. Not thread-safe, one per thread.
/// </summary>
/// <param name="root">The tree.</param>
/// <param name="warnings">Told what an unprivileged user cannot do.</param>
/// <param name="nodesLeftOut">Whether names may be missing in the tree, because device nodes could not be made when it was restored.</param>
internal sealed partial class TreeWriter(BeneathRoot root, TreeWarnings warnings, bool nodesLeftOut = false) : IDisposable
{
    private const uint OwnerAll = 0x1C0;
    private const uint OwnerReadWrite = 0x180;

    private static readonly bool IsRoot = Environment.IsPrivilegedProcess;

    private byte[] _openPath = new byte[256];
    private int _openPathLength = -1;
    private SafeFileHandle? _open;
    private readonly Dictionary<ulong, uint> _opened = [];
    private readonly BirthAttributes _births = new();
    private BirthAttributes.Attributes? _made;

    /// <summary>The tree.</summary>
    internal BeneathRoot Root => root;

    /// <summary>Creates an empty file; a write to it follows usually, so it stays open.</summary>
    /// <param name="path">The new name.</param>
    /// <param name="mode">Permission bits, cut by the umask; 0600 by default so that nobody reads it half-written.</param>
    internal void MakeFile(ReadOnlySpan<byte> path, uint mode = OwnerReadWrite)
    {
        Close();
        SafeFileHandle file = Keep(path, root.CreateFile(path, mode));
        _made = _births.Of(file, path, mode);
    }

    /// <summary>Creates a device, pipe or socket. A device is left out, and told, where making it needs a right that is not there.</summary>
    internal void MakeNode(ReadOnlySpan<byte> path, FileType type, uint mode, uint major, uint minor)
    {
        try
        {
            root.MakeNode(path, type, mode, major, minor);
        }
        catch (PosixException e) when (e.Errno == Errno.EPERM && type is FileType.BlockDevice or FileType.CharacterDevice)
        {
            warnings.Nodes(path);
        }
    }

    /// <summary>Whether a name is not there because a device node was left out; what is to be done to it is passed over then.</summary>
    internal bool IsLeftOut(ReadOnlySpan<byte> path) => (nodesLeftOut || warnings.NodesLeftOut) && !root.TryGetStatus(path, out _);

    /// <summary>Writes bytes; whole pages of zeroes become a hole.</summary>
    internal void Write(ReadOnlySpan<byte> path, long offset, ReadOnlySpan<byte> data) => FileRanges.Write(Open(path), offset, data);

    /// <summary>Makes a range read as zeroes without extending the file.</summary>
    internal void PunchHole(ReadOnlySpan<byte> path, long offset, long length) => FileWriting.PunchHole(Open(path), offset, length);

    /// <summary>Sets the length.</summary>
    internal void Truncate(ReadOnlySpan<byte> path, long size) => FileWriting.Truncate(Open(path), size);

    /// <summary>The file open for writing; it belongs to this object and is good until the next call.</summary>
    internal SafeFileHandle Open(ReadOnlySpan<byte> path)
    {
        if (Opened(path) is { } open)
        {
            return open;
        }

        Close();
        return Keep(path, OpenForWrite(path));
    }

    /// <summary>
    /// Opens the owner's own directories above a path, as root could pass them; their modes come back with <see cref="CloseUp"/>.
    /// </summary>
    /// <returns>Whether there was anything to open.</returns>
    internal bool OpenUp(BytePath path)
    {
        bool any = false;
        if (IsRoot)
        {
            return false;
        }

        for (int slash = 0; slash >= 0; slash = NextSlash(path.Span, slash + 1))
        {
            BytePath directory = new(path.Bytes[..slash]);
            if (root.TryGetStatus(directory.Span, out FileStatus status) && status.IsDirectory && (status.Mode & OwnerAll) != OwnerAll)
            {
                root.SetMode(directory.Span, status.Mode | OwnerAll);
                _opened.TryAdd(status.Inode, status.Mode);
                any = true;
            }
        }

        return any;
    }

    /// <summary>Gives directories that were opened their modes back, unless they got another one meanwhile or are gone.</summary>
    internal void CloseUp()
    {
        if (_opened.Count > 0)
        {
            TreeWalk.SetModes(root, _opened, OwnerAll);
        }
    }

    /// <summary>Closes the file that is kept open; to be called before names change.</summary>
    internal void Close()
    {
        _open?.Dispose();
        _open = null;
        _openPathLength = -1;
        _made = null;
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private static int NextSlash(ReadOnlySpan<byte> path, int from)
        => from < path.Length && path[from..].IndexOf((byte)'/') is var at and >= 0 ? from + at : -1;

    /// <summary>The file that is kept open, if it is this one.</summary>
    private SafeFileHandle? Opened(ReadOnlySpan<byte> path)
        => _open is not null && path.SequenceEqual(_openPath.AsSpan(0, _openPathLength)) ? _open : null;

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
