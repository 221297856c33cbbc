using Microsoft.Win32.SafeHandles;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Portable.Trees;

/// <summary>Carries the commands of a checked stream out beneath a root.</summary>
/// <param name="writer">The tree.</param>
/// <param name="baseClones">What was copied out of the base for clone commands, in the stream's order; null if there is none.</param>
/// <param name="cancellationToken">Ends a long copy.</param>
internal sealed class BtrfsStreamApplier(TreeWriter writer, SafeFileHandle? baseClones, CancellationToken cancellationToken) : BtrfsCommandHandler
{
    private long _cloned;
    private Guid _uuid;

    internal override void Subvolume(Guid uuid) => _uuid = uuid;

    internal override void Snapshot(Guid uuid, Guid parent) => _uuid = uuid;

    internal override void MakeFile(ReadOnlySpan<byte> path) => writer.MakeFile(path);

    internal override void MakeDirectory(ReadOnlySpan<byte> path) => writer.Root.MakeDirectory(path);

    internal override void MakeNode(ReadOnlySpan<byte> path, ulong mode, ulong device)
    {
        uint number = (uint)device;
        uint major = (number >> 8) & 0xFFF;
        uint minor = (number & 0xFF) | ((number >> 12) & 0xFFF00);
        writer.MakeNode(path, (FileType)(mode & 0xF000), (uint)(mode & 0xFFF), major, minor);
    }

    internal override void Symlink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target) => writer.Root.MakeSymlink(path, target);

    internal override void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        writer.Close();
        if (!writer.IsLeftOut(from))
        {
            writer.Root.Rename(from, to);
        }
    }

    internal override void Link(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> path)
    {
        if (!writer.IsLeftOut(existing))
        {
            writer.Root.HardLink(existing, path);
        }
    }

    internal override void Unlink(ReadOnlySpan<byte> path)
    {
        writer.Close();
        if (!writer.Root.Unlink(path) && !writer.IsLeftOut(path))
        {
            throw new PosixException(Errno.ENOENT, "unlinkat", path);
        }
    }

    internal override void RemoveDirectory(ReadOnlySpan<byte> path)
    {
        writer.Close();
        if (!writer.Root.RemoveDirectory(path))
        {
            throw new PosixException(Errno.ENOENT, "unlinkat", path);
        }
    }

    internal override void SetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (!writer.IsLeftOut(path))
        {
            writer.SetXattr(path, name, value);
        }
    }

    internal override void RemoveXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        if (!writer.IsLeftOut(path))
        {
            writer.RemoveXattr(path, name);
        }
    }

    internal override void Write(ReadOnlySpan<byte> path, long offset, ReadOnlySpan<byte> data) => writer.Write(path, offset, data);

    internal override void Clone(ReadOnlySpan<byte> path, long offset, long length, Guid from, ReadOnlySpan<byte> fromPath, long fromOffset)
    {
        if (from != _uuid)
        {
            FileRanges.Clone(baseClones!, _cloned, writer.Open(path), offset, length, share: true, fromPath, cancellationToken);
            _cloned += length;
            return;
        }

        using SafeFileHandle source = writer.Root.OpenFileForRead(fromPath);
        FileRanges.Clone(source, fromOffset, writer.Open(path), offset, length, share: true, fromPath, cancellationToken);
    }

    internal override void Truncate(ReadOnlySpan<byte> path, long size) => writer.Truncate(path, size);

    internal override void PunchHole(ReadOnlySpan<byte> path, long offset, long length) => writer.PunchHole(path, offset, length);

    internal override void ChangeMode(ReadOnlySpan<byte> path, uint mode)
    {
        if (!writer.IsLeftOut(path))
        {
            writer.SetMode(path, mode);
        }
    }

    internal override void ChangeOwner(ReadOnlySpan<byte> path, uint user, uint group)
    {
        if (!writer.IsLeftOut(path))
        {
            writer.SetOwner(path, user, group);
        }
    }

    internal override void SetTimes(ReadOnlySpan<byte> path, UnixTime access, UnixTime modification)
    {
        if (!writer.IsLeftOut(path))
        {
            writer.SetTimes(path, access, modification);
        }
    }
}
