using StorageEngines.Posix;

namespace StorageEngines.BtrfsStreams;

/// <summary>Checks a whole stream before anything is written: order of commands, paths, and what it will take.</summary>
/// <param name="reader">The reader that drives this handler; for offsets in messages.</param>
/// <param name="clonesFromOthers">Whether data may be cloned from further snapshots than the base. Default: false.</param>
internal sealed class BtrfsStreamChecker(BtrfsSendReader reader, bool clonesFromOthers = false) : BtrfsCommandHandler
{
    private bool _begun;

    /// <summary>The snapshot the stream makes.</summary>
    internal Guid Uuid { get; private set; }

    /// <summary>The base, or null for a full stream.</summary>
    internal Guid? Parent { get; private set; }

    /// <summary>Bytes in write and clone commands.</summary>
    internal long DataBytes { get; private set; }

    /// <summary>Bytes that take room when the stream is applied; pages of zeroes become holes.</summary>
    internal long StoredBytes { get; private set; }

    /// <summary>Bytes made zero by hole commands.</summary>
    internal long ZeroBytes { get; private set; }

    /// <summary>Bytes that are copied out of the base.</summary>
    internal long BaseCloneBytes { get; private set; }

    /// <summary>Commands, without the first and END.</summary>
    internal long Commands { get; private set; }

    /// <summary>To be called after the last command.</summary>
    /// <exception cref="CorruptDataException">The stream holds no snapshot.</exception>
    internal void Complete()
    {
        if (!_begun)
        {
            throw reader.Damaged("the stream ends before it says which snapshot it holds");
        }
    }

    internal override void Subvolume(Guid uuid) => Begin(uuid, null);

    internal override void Snapshot(Guid uuid, Guid parent) => Begin(uuid, parent);

    internal override void MakeFile(ReadOnlySpan<byte> path) => Name(path);

    internal override void MakeDirectory(ReadOnlySpan<byte> path) => Name(path);

    internal override void MakeNode(ReadOnlySpan<byte> path, ulong mode, ulong device)
    {
        Name(path);
        if ((FileType)(mode & 0xF000) is not (FileType.Fifo or FileType.Socket or FileType.CharacterDevice or FileType.BlockDevice) || device > uint.MaxValue)
        {
            throw reader.Damaged($"mode {mode:x} with device {device:x} is not a device, pipe or socket");
        }
    }

    internal override void Symlink(ReadOnlySpan<byte> path, ReadOnlySpan<byte> target)
    {
        Name(path);
        if (target.IsEmpty || target.Contains((byte)0))
        {
            throw reader.Damaged("a symbolic link's target is empty or holds a NUL byte");
        }
    }

    internal override void Rename(ReadOnlySpan<byte> from, ReadOnlySpan<byte> to)
    {
        Name(from);
        Name(to);
    }

    internal override void Link(ReadOnlySpan<byte> existing, ReadOnlySpan<byte> path)
    {
        Name(existing);
        Name(path);
    }

    internal override void Unlink(ReadOnlySpan<byte> path) => Name(path);

    internal override void RemoveDirectory(ReadOnlySpan<byte> path) => Name(path);

    internal override void SetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        NameOrRoot(path);
        Attribute(name);
    }

    internal override void RemoveXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name)
    {
        NameOrRoot(path);
        Attribute(name);
    }

    internal override void Write(ReadOnlySpan<byte> path, long offset, ReadOnlySpan<byte> data)
    {
        Name(path);
        DataBytes += data.Length;
        StoredBytes += FileRanges.IsHole(data) ? 0 : data.Length;
    }

    internal override void Clone(ReadOnlySpan<byte> path, long offset, long length, Guid from, ReadOnlySpan<byte> fromPath, long fromOffset)
    {
        Name(path);
        Name(fromPath);
        if (!clonesFromOthers && from != Uuid && from != Parent)
        {
            throw new StorageEngineException(
                EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest,
                $"Btrfs send stream: byte {reader.CommandOffset}: data is to be cloned from snapshot {from}, which is not the base; send it with '-p' and without '-c'.");
        }

        DataBytes = DataBytes <= long.MaxValue - length ? DataBytes + length : throw reader.Damaged("the cloned ranges add up to more than 2^63 bytes");
        BaseCloneBytes += from == Uuid ? 0 : length;
    }

    internal override void Truncate(ReadOnlySpan<byte> path, long size) => Name(path);

    internal override void PunchHole(ReadOnlySpan<byte> path, long offset, long length)
    {
        Name(path);
        ZeroBytes = ZeroBytes <= long.MaxValue - length ? ZeroBytes + length : long.MaxValue;
    }

    internal override void ChangeMode(ReadOnlySpan<byte> path, uint mode) => NameOrRoot(path);

    internal override void ChangeOwner(ReadOnlySpan<byte> path, uint user, uint group) => NameOrRoot(path);

    internal override void SetTimes(ReadOnlySpan<byte> path, UnixTime access, UnixTime modification) => NameOrRoot(path);

    private void Begin(Guid uuid, Guid? parent)
    {
        if (_begun)
        {
            throw new StorageEngineException(
                EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest,
                $"Btrfs send stream: byte {reader.CommandOffset}: a second snapshot begins; apply one snapshot's stream at a time.");
        }

        (_begun, Uuid, Parent) = (true, uuid, parent);
    }

    private void NameOrRoot(ReadOnlySpan<byte> path)
    {
        if (path.IsEmpty)
        {
            Count();
            return;
        }

        Name(path);
    }

    private void Name(ReadOnlySpan<byte> path)
    {
        Count();
        try
        {
            PathRules.CheckRelative(path, "apply");
        }
        catch (PosixException e)
        {
            throw new StorageEngineException(
                EngineStatus.InvalidArgument, EngineReason.UnsafePath, Recovery.FixRequest,
                $"Btrfs send stream: byte {reader.CommandOffset}: command {reader.Command}: the path is not safe: {e.Message}. Do not trust the source of this stream.", e);
        }
    }

    private void Attribute(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty || name.Length > 255 || name.Contains((byte)0))
        {
            throw reader.Damaged("an extended attribute's name is empty, longer than 255 bytes or holds a NUL byte");
        }
    }

    private void Count()
    {
        if (!_begun)
        {
            throw reader.Damaged("it comes before the command that says which snapshot the stream holds");
        }

        Commands++;
    }
}
