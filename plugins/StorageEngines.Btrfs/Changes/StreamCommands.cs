using StorageEngines.BtrfsStreams;
using static StorageEngines.BtrfsStreams.BtrfsAttribute;

namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// Reads one stream to its end and hands its commands on: names to the <see cref="ReceiverTree"/>, the rest to the one who asked. The normal end means that the
/// stream was whole. A second stream in the same input is refused: that is what a signal during the system call leaves, or several snapshots in one file.
/// </summary>
internal abstract class StreamCommands
{
    private const int CancelEvery = 1024;
    private const uint PunchHoleKeepSize = 3;

    private Guid _parent;
    private int _begun;

    internal ReceiverTree Tree { get; } = new();

    /// <summary>Reads the stream.</summary>
    /// <exception cref="CorruptDataException">It is damaged, cut off, begun twice, or says what cannot be.</exception>
    internal void Read(BtrfsSendReader reader, CancellationToken cancellationToken)
    {
        Tree.Damaged = reader.Damaged;
        for (long count = 0; reader.Read(); count++)
        {
            if (count % CancelEvery == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            if (reader.Streams > 1)
            {
                throw reader.Damaged("a second stream begins; the sender was disturbed by a signal, or several snapshots are in one file");
            }

            One(reader);
        }

        Completed(reader);
    }

    /// <summary>The end was read and everything before it was right.</summary>
    protected abstract void Completed(BtrfsSendReader reader);

    /// <summary>The bytes of a range of a file are new.</summary>
    protected abstract void Write(int entry, long offset, long length, SegmentState state);

    /// <summary>A hole was punched.</summary>
    protected abstract void Punch(int entry, long offset, long length);

    /// <summary>The size was set.</summary>
    protected abstract void Truncate(int entry, long size);

    /// <summary>Something but names and content was set.</summary>
    protected abstract void Set(int entry, ObjectFlags what);

    /// <summary>Whether a path of the base, told as the source of a clone, is that of the same file.</summary>
    protected virtual bool IsSameFileInBase(int entry, ReadOnlySpan<byte> path)
        => Tree.Objects[Tree.Names[entry].Now].BaseName is var name and >= 0 && Tree.IsBasePath(name, path);

    /// <summary>Hands the command on that was read last.</summary>
    protected void One(BtrfsSendReader r)
    {
        if (_begun == 0 != r.Command is BtrfsCommand.Snapshot or BtrfsCommand.Subvolume)
        {
            throw r.Damaged(_begun == 0 ? "the stream does not begin with the snapshot it is of" : "a second snapshot begins in the same stream");
        }

        if (!Structure(r) && !Content(r) && !Attributes(r))
        {
            throw r.Damaged($"command {(int)r.Command} is not known");
        }
    }

    private bool Structure(BtrfsSendReader r)
    {
        switch (r.Command)
        {
            case BtrfsCommand.Snapshot: Begin(r, isFull: false); return true;
            case BtrfsCommand.Subvolume: Begin(r, isFull: true); return true;
            case BtrfsCommand.MakeFile: Tree.Create(r.Bytes(FilePath), TreeEntryType.File); return true;
            case BtrfsCommand.MakeDirectory: Tree.Create(r.Bytes(FilePath), TreeEntryType.Directory); return true;
            case BtrfsCommand.MakeNode: Tree.Create(r.Bytes(FilePath), NodeType(r)); return true;
            case BtrfsCommand.MakeFifo: Tree.Create(r.Bytes(FilePath), TreeEntryType.Fifo); return true;
            case BtrfsCommand.MakeSocket: Tree.Create(r.Bytes(FilePath), TreeEntryType.Socket); return true;
            case BtrfsCommand.Symlink: Tree.Create(r.Bytes(FilePath), TreeEntryType.SymbolicLink); return true;
            case BtrfsCommand.Rename: Tree.Rename(r.Bytes(FilePath), r.Bytes(PathTo)); return true;
            case BtrfsCommand.Link: Tree.Link(r.Bytes(PathLink), r.Bytes(FilePath)); return true;
            case BtrfsCommand.Unlink: Tree.Remove(r.Bytes(FilePath), isDirectory: false); return true;
            case BtrfsCommand.RemoveDirectory: Tree.Remove(r.Bytes(FilePath), isDirectory: true); return true;
            default: return false;
        }
    }

    private void Begin(BtrfsSendReader r, bool isFull)
    {
        _begun++;
        if (isFull)
        {
            Tree.Objects[ReceiverTree.Root].Flags |= ObjectFlags.New;
            return;
        }

        _parent = r.Uuid(CloneUuid);
    }

    private bool Content(BtrfsSendReader r)
    {
        switch (r.Command)
        {
            case BtrfsCommand.Write:
                Write(r, r.Bytes(Data).Length, SegmentState.Data);
                return true;
            case BtrfsCommand.EncodedWrite:
                Write(r, r.Size(UnencodedFileLength), SegmentState.Data);
                return true;
            case BtrfsCommand.UpdateExtent:
                Write(r, r.Size(Size), SegmentState.DataOrZero); // in version 2 holes are punched, but what is preallocated and not written comes like this
                return true;
            case BtrfsCommand.Clone:
                Write(r, r.Size(CloneLength), IsSamePlace(r) ? SegmentState.Same : SegmentState.Data);
                return true;
            case BtrfsCommand.Truncate:
                Truncate(File(r), r.Size(Size));
                return true;
            case BtrfsCommand.Allocate when r.Number32(AllocateMode) == PunchHoleKeepSize:
                long length = r.Size(Size);
                Punch(File(r), Offset(r, length), length);
                return true;
            default: return false;
        }
    }

    private bool Attributes(BtrfsSendReader r)
    {
        switch (r.Command)
        {
            case BtrfsCommand.SetXattr or BtrfsCommand.RemoveXattr:
                Set(Tree.Resolve(r.Bytes(FilePath)), ObjectFlags.Xattrs);
                return true;
            case BtrfsCommand.SetTimes:
                Set(Tree.Resolve(r.Bytes(FilePath)), ObjectFlags.Attributes | ObjectFlags.Finished);
                return true;
            case BtrfsCommand.ChangeMode or BtrfsCommand.ChangeOwner:
                Set(Tree.Resolve(r.Bytes(FilePath)), ObjectFlags.Attributes);
                return true;
            case BtrfsCommand.FileAttributes or BtrfsCommand.EnableVerity:
                _ = Tree.Resolve(r.Bytes(FilePath)); // Btrfs's own inode flags are no part of what is compared
                return true;
            default: return false;
        }
    }

    private void Write(BtrfsSendReader r, long length, SegmentState state) => Write(File(r), Offset(r, length), length, state);

    private static long Offset(BtrfsSendReader r, long length)
    {
        long offset = r.Size(FileOffset);
        return offset <= long.MaxValue - length ? offset : throw r.Damaged($"offset {offset} and length {length} go beyond what a file can hold");
    }

    // Part of an extent that is shared with the base at the same place of the same file: what was there is there still.
    private bool IsSamePlace(BtrfsSendReader r)
        => r.Uuid(CloneUuid) == _parent
            && r.Size(CloneOffset) == r.Size(FileOffset)
            && IsSameFileInBase(Tree.Resolve(r.Bytes(FilePath)), r.Bytes(ClonePath));

    private int File(BtrfsSendReader r)
    {
        int entry = Tree.Resolve(r.Bytes(FilePath));
        ref TreeObject file = ref Tree.Objects[Tree.Names[entry].Now];
        if (file.Is(ObjectFlags.Directory) || file.Type is not (0 or TreeEntryType.File))
        {
            throw r.Damaged($"'{ByteText.Escape(r.Bytes(FilePath))}' is no regular file");
        }

        file.Type = TreeEntryType.File;
        return entry;
    }

    private static TreeEntryType NodeType(BtrfsSendReader r) => (TreeEntryType)(r.Number(Mode) >> 12 & 0xF) switch
    {
        TreeEntryType.CharacterDevice => TreeEntryType.CharacterDevice,
        TreeEntryType.BlockDevice => TreeEntryType.BlockDevice,
        _ => throw r.Damaged("the node is neither a character nor a block device"),
    };
}
