using StorageEngines.Posix;
using static StorageEngines.BtrfsStreams.BtrfsAttribute;

namespace StorageEngines.BtrfsStreams;

/// <summary>Takes commands apart by attribute type, never by the attributes' order, and refuses the ones that cannot be done anywhere but on Btrfs.</summary>
internal static class BtrfsCommandDispatcher
{
    private const uint PunchHoleKeepSize = 3;

    private const int ReportEvery = 256;

    /// <summary>Reads a whole stream and gives each command to the handler.</summary>
    /// <param name="reader">The stream.</param>
    /// <param name="handler">Carries commands out.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="report">Told bytes and commands done, now and then.</param>
    /// <param name="recover">Asked when a command failed; true to try it once more.</param>
    internal static void Run(
        BtrfsSendReader reader, BtrfsCommandHandler handler, CancellationToken cancellationToken, Action<long, long>? report = null,
        Func<PosixException, bool>? recover = null)
    {
        long commands = 0;
        EncodedExtents? decoder = null;
        while (reader.Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (++commands % ReportEvery == 0)
            {
                report?.Invoke(reader.Position, commands);
            }

            try
            {
                One(reader, handler, ref decoder);
            }
            catch (PosixException e) when (recover?.Invoke(e) == true)
            {
                One(reader, handler, ref decoder);
            }
        }
    }

    /// <summary>Gives the command that was read last to the handler.</summary>
    /// <param name="reader">The stream.</param>
    /// <param name="handler">Carries it out.</param>
    /// <param name="decoder">Made when the first compressed data comes.</param>
    internal static void One(BtrfsSendReader reader, BtrfsCommandHandler handler, ref EncodedExtents? decoder)
    {
        if (!Structure(reader, handler) && !Content(reader, handler, ref decoder))
        {
            Attributes(reader, handler);
        }
    }

    private static bool Structure(BtrfsSendReader r, BtrfsCommandHandler handler)
    {
        switch (r.Command)
        {
            case BtrfsCommand.Subvolume: handler.Subvolume(r.Uuid(Uuid)); return true;
            case BtrfsCommand.Snapshot: handler.Snapshot(r.Uuid(Uuid), r.Uuid(CloneUuid)); return true;
            case BtrfsCommand.MakeFile: handler.MakeFile(r.Bytes(FilePath)); return true;
            case BtrfsCommand.MakeDirectory: handler.MakeDirectory(r.Bytes(FilePath)); return true;
            case BtrfsCommand.MakeNode or BtrfsCommand.MakeFifo or BtrfsCommand.MakeSocket:
                handler.MakeNode(r.Bytes(FilePath), r.Number(Mode), r.Number(Device));
                return true;
            case BtrfsCommand.Symlink: handler.Symlink(r.Bytes(FilePath), r.Bytes(PathLink)); return true;
            case BtrfsCommand.Rename: handler.Rename(r.Bytes(FilePath), r.Bytes(PathTo)); return true;
            case BtrfsCommand.Link: handler.Link(r.Bytes(PathLink), r.Bytes(FilePath)); return true;
            case BtrfsCommand.Unlink: handler.Unlink(r.Bytes(FilePath)); return true;
            case BtrfsCommand.RemoveDirectory: handler.RemoveDirectory(r.Bytes(FilePath)); return true;
            default: return false;
        }
    }

    private static bool Content(BtrfsSendReader r, BtrfsCommandHandler handler, ref EncodedExtents? decoder)
    {
        switch (r.Command)
        {
            case BtrfsCommand.Write:
                handler.Write(r.Bytes(FilePath), Range(r, r.Size(FileOffset), r.Bytes(Data).Length), r.Bytes(Data));
                return true;
            case BtrfsCommand.Clone:
                long length = r.Size(CloneLength);
                handler.Clone(
                    r.Bytes(FilePath), Range(r, r.Size(FileOffset), length), length, r.Uuid(CloneUuid), r.Bytes(ClonePath), Range(r, r.Size(CloneOffset), length));
                return true;
            case BtrfsCommand.Truncate:
                handler.Truncate(r.Bytes(FilePath), r.Size(Size));
                return true;
            case BtrfsCommand.Allocate when r.Number32(AllocateMode) == PunchHoleKeepSize:
                handler.PunchHole(r.Bytes(FilePath), Range(r, r.Size(FileOffset), r.Size(Size)), r.Size(Size));
                return true;
            case BtrfsCommand.UpdateExtent:
                throw Unsupported(r, "the stream names changed extents but does not hold their data; send it without '--no-data'");
            case BtrfsCommand.EncodedWrite when r.Version >= 2:
                ReadOnlySpan<byte> plain = (decoder ??= new EncodedExtents()).Decode(r);
                handler.Write(r.Bytes(FilePath), Range(r, r.Size(FileOffset), plain.Length), plain);
                return true;
            default: return false;
        }
    }

    private static void Attributes(BtrfsSendReader r, BtrfsCommandHandler handler)
    {
        switch (r.Command)
        {
            case BtrfsCommand.SetXattr: handler.SetXattr(r.Bytes(FilePath), r.Bytes(XattrName), r.Bytes(XattrData)); break;
            case BtrfsCommand.RemoveXattr: handler.RemoveXattr(r.Bytes(FilePath), r.Bytes(XattrName)); break;
            case BtrfsCommand.ChangeMode: handler.ChangeMode(r.Bytes(FilePath), r.Small(Mode)); break;
            case BtrfsCommand.ChangeOwner: handler.ChangeOwner(r.Bytes(FilePath), r.Small(UserId), r.Small(GroupId)); break;
            case BtrfsCommand.SetTimes: handler.SetTimes(r.Bytes(FilePath), r.Time(AccessTime), r.Time(ModificationTime)); break;
            case BtrfsCommand.FileAttributes when r.Version >= 2: break; // Btrfs's own inode flags: nodatacow, compression; other file systems have none
            default: throw Unsupported(r, $"command {(int)r.Command} is not one this library knows");
        }
    }

    private static long Range(BtrfsSendReader reader, long offset, long length)
        => offset <= long.MaxValue - length ? offset : throw reader.Damaged($"offset {offset} and length {length} go beyond what a file can hold");

    /// <summary>An error for a command that is right and cannot be carried out here.</summary>
    internal static StorageEngineException Unsupported(BtrfsSendReader reader, string why)
        => new(EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest, $"Btrfs send stream: byte {reader.CommandOffset}: {why}.");
}
