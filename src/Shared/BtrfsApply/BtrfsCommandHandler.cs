namespace StorageEngines.BtrfsStreams;

/// <summary>One method per command of a Btrfs send stream; <see cref="BtrfsCommandDispatcher"/> calls them. Spans are good during the call only.</summary>
internal abstract class BtrfsCommandHandler
{
    /// <summary>A full stream begins.</summary>
    internal abstract void Subvolume(Guid uuid);

    /// <summary>An incremental stream begins; <paramref name="parent"/> is the base.</summary>
    internal abstract void Snapshot(Guid uuid, Guid parent);

    internal abstract void MakeFile(ReadOnlySpan<byte> path);

    internal abstract void MakeDirectory(ReadOnlySpan<byte> path);

    /// <summary>A device, named pipe or socket.</summary>
    internal abstract void MakeNode(ReadOnlySpan<byte> path, ulong mode, ulong device);

    internal abstract void Symlink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target);

    internal abstract void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to);

    internal abstract void Link(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> path);

    internal abstract void Unlink(ReadOnlySpan<byte> path);

    internal abstract void RemoveDirectory(ReadOnlySpan<byte> path);

    internal abstract void SetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value);

    internal abstract void RemoveXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name);

    internal abstract void Write(ReadOnlySpan<byte> path, long offset, ReadOnlySpan<byte> data);

    /// <summary>Copies a range of another file; <paramref name="from"/> says of which snapshot.</summary>
    internal abstract void Clone(ReadOnlySpan<byte> path, long offset, long length, Guid from, ReadOnlySpan<byte> fromPath, long fromOffset);

    internal abstract void Truncate(ReadOnlySpan<byte> path, long size);

    internal abstract void PunchHole(ReadOnlySpan<byte> path, long offset, long length);

    internal abstract void ChangeMode(ReadOnlySpan<byte> path, uint mode);

    internal abstract void ChangeOwner(ReadOnlySpan<byte> path, uint user, uint group);

    internal abstract void SetTimes(ReadOnlySpan<byte> path, UnixTime access, UnixTime modification);
}
