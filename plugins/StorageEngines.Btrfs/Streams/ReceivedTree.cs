using Microsoft.Win32.SafeHandles;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Streams;

/// <summary>Carries the commands of a stream out in a half-received subvolume, beneath its root. Not thread-safe.</summary>
/// <param name="root">The subvolume's root.</param>
/// <param name="cloneSource">Opens the tree of another snapshot that data is cloned from; the stream's base mostly.</param>
/// <param name="cancellationToken">Ends a long copy.</param>
internal sealed class ReceivedTree(BeneathRoot root, Func<Guid, BeneathRoot> cloneSource, CancellationToken cancellationToken) : BtrfsCommandHandler, IDisposable
{
    private byte[] _openPath = new byte[256];
    private int _openPathLength;
    private SafeFileHandle? _open;
    private Guid _uuid;

    /// <inheritdoc/>
    public void Dispose() => Close();

    internal override void Subvolume(Guid uuid) => _uuid = uuid;

    internal override void Snapshot(Guid uuid, Guid parent) => _uuid = uuid;

    internal override void MakeFile(ReadOnlySpan<byte> path)
    {
        Close();
        Keep(path, root.CreateFile(path));
    }

    internal override void MakeDirectory(ReadOnlySpan<byte> path) => root.MakeDirectory(path);

    internal override void MakeNode(ReadOnlySpan<byte> path, ulong mode, ulong device)
    {
        uint number = (uint)device;
        root.MakeNode(path, (FileType)(mode & 0xF000), (uint)(mode & 0xFFF), (number >> 8) & 0xFFF, (number & 0xFF) | ((number >> 12) & 0xFFF00));
    }

    internal override void Symlink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target) => root.MakeSymlink(path, target);

    internal override void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        Close();
        root.Rename(from, to);
    }

    internal override void Link(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> path) => root.HardLink(existing, path);

    internal override void Unlink(ReadOnlySpan<byte> path)
    {
        Close();
        if (!root.Unlink(path))
        {
            throw new PosixException(Errno.ENOENT, "unlinkat", path);
        }
    }

    internal override void RemoveDirectory(ReadOnlySpan<byte> path)
    {
        Close();
        if (!root.RemoveDirectory(path))
        {
            throw new PosixException(Errno.ENOENT, "unlinkat", path);
        }
    }

    internal override void SetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => root.SetXattr(path, name, value);

    internal override void RemoveXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name) => root.RemoveXattr(path, name);

    internal override void Write(ReadOnlySpan<byte> path, long offset, ReadOnlySpan<byte> data) => FileRanges.Write(Open(path), offset, data);

    internal override void Clone(ReadOnlySpan<byte> path, long offset, long length, Guid from, ReadOnlySpan<byte> fromPath, long fromOffset)
    {
        using SafeFileHandle source = (from == _uuid ? root : cloneSource(from)).OpenFileForRead(fromPath);
        FileRanges.Clone(source, fromOffset, Open(path), offset, length, share: true, fromPath, cancellationToken);
    }

    internal override void Truncate(ReadOnlySpan<byte> path, long size) => FileWriting.Truncate(Open(path), size);

    internal override void PunchHole(ReadOnlySpan<byte> path, long offset, long length) => FileWriting.PunchHole(Open(path), offset, length);

    internal override void ChangeMode(ReadOnlySpan<byte> path, uint mode)
    {
        if (Opened(path) is { } open)
        {
            HandleAttributes.SetMode(open, mode, path);
            return;
        }

        root.SetMode(path, mode);
    }

    internal override void ChangeOwner(ReadOnlySpan<byte> path, uint user, uint group)
    {
        if (Opened(path) is { } open)
        {
            HandleAttributes.SetOwner(open, user, group, path);
            return;
        }

        root.SetOwner(path, user, group);
    }

    internal override void SetTimes(ReadOnlySpan<byte> path, UnixTime access, UnixTime modification)
    {
        var read = new PosixTime(access.Seconds, access.Nanoseconds);
        var written = new PosixTime(modification.Seconds, modification.Nanoseconds);
        if (Opened(path) is { } open)
        {
            HandleAttributes.SetTimes(open, read, written, path);
            return;
        }

        root.SetTimes(path, read, written);
    }

    private SafeFileHandle Open(ReadOnlySpan<byte> path)
    {
        if (Opened(path) is { } open)
        {
            return open;
        }

        Close();
        return Keep(path, root.OpenFileForWrite(path));
    }

    private SafeFileHandle? Opened(ReadOnlySpan<byte> path) => _open is not null && path.SequenceEqual(_openPath.AsSpan(0, _openPathLength)) ? _open : null;

    private SafeFileHandle Keep(ReadOnlySpan<byte> path, SafeFileHandle file)
    {
        if (_openPath.Length < path.Length)
        {
            _openPath = new byte[path.Length * 2];
        }

        path.CopyTo(_openPath);
        _openPathLength = path.Length;
        return _open = file;
    }

    private void Close()
    {
        _open?.Dispose();
        _open = null;
    }
}
