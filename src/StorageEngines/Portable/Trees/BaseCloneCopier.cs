using Microsoft.Win32.SafeHandles;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Copies what a stream will clone out of its base to a temporary file, before the base is changed into the target: a clone names paths and data
/// as they are in the base. Does nothing for other commands.
/// </summary>
internal sealed class BaseCloneCopier(BeneathRoot root, SafeFileHandle copies, CancellationToken cancellationToken) : BtrfsCommandHandler
{
    private long _end;
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
        FileRanges.Clone(source, fromOffset, copies, _end, length, share: false, fromPath, cancellationToken);
        _end += length;
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
