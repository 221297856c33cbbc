using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Copies what a stream will clone out of its base to a temporary file, before the base is changed into the target: a clone names paths and data
/// as they are in the base. Does nothing for other commands.
/// </summary>
internal sealed class BaseCloneCopier(BeneathRoot root, Stream copies) : BtrfsCommandHandler
{
    private readonly byte[] _buffer = new byte[128 << 10];
    private Guid _uuid;

    internal override void Subvolume(Guid uuid) => _uuid = uuid;

    internal override void Snapshot(Guid uuid, Guid parent) => _uuid = uuid;

    internal override void Clone(ReadOnlySpan<byte> path, long offset, long length, Guid from, ReadOnlySpan<byte> fromPath, long fromOffset)
    {
        if (from == _uuid)
        {
            return;
        }

        using SafeFileHandle source = root.OpenFileForRead(fromPath);
        if (fromOffset + length > FileHandle.GetLength(source))
        {
            throw new PosixException(Errno.EINVAL, "clone", fromPath, "the range to clone goes beyond the end of the file");
        }

        for (long done = 0; done < length;)
        {
            int got = FileHandle.ReadAt(source, _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, length - done)), fromOffset + done);
            copies.Write(_buffer, 0, got);
            done += got > 0 ? got : throw new PosixException(Errno.EIO, "clone", fromPath, "the file became shorter while it was read");
        }
    }

    internal override void MakeFile(ReadOnlySpan<byte> path)
    {
    }

    internal override void MakeDirectory(ReadOnlySpan<byte> path)
    {
    }

    internal override void MakeNode(ReadOnlySpan<byte> path, ulong mode, ulong device)
    {
    }

    internal override void Symlink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target)
    {
    }

    internal override void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
    }

    internal override void Link(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> path)
    {
    }

    internal override void Unlink(ReadOnlySpan<byte> path)
    {
    }

    internal override void RemoveDirectory(ReadOnlySpan<byte> path)
    {
    }

    internal override void SetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
    }

    internal override void RemoveXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
    }

    internal override void Write(ReadOnlySpan<byte> path, long offset, ReadOnlySpan<byte> data)
    {
    }

    internal override void Truncate(ReadOnlySpan<byte> path, long size)
    {
    }

    internal override void PunchHole(ReadOnlySpan<byte> path, long offset, long length)
    {
    }

    internal override void ChangeMode(ReadOnlySpan<byte> path, uint mode)
    {
    }

    internal override void ChangeOwner(ReadOnlySpan<byte> path, uint user, uint group)
    {
    }

    internal override void SetTimes(ReadOnlySpan<byte> path, UnixTime access, UnixTime modification)
    {
    }
}
