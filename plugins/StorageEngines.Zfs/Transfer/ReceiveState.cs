using System.Text;
using StorageEngines.RemoteShells;
using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Transfer;

/// <summary>What a stream finds where it is to be applied.</summary>
/// <param name="Table">The dataset and its snapshots.</param>
/// <param name="WrittenBytes">How many bytes were written since the newest snapshot.</param>
/// <param name="Partial">Where a receive that was interrupted is to go on, as text; null if there is none.</param>
internal sealed record ReceiveState(SnapshotTable Table, ulong WrittenBytes, string? Partial)
{
    private const int EmptyStreamBytes = 64 << 10; // that of an empty dataset has some 5 KB

    /// <summary>Reads it in one round trip.</summary>
    internal static async Task<ReceiveState> ReadAsync(DatasetCatalog datasets, VolumeRef target, CancellationToken cancellationToken)
    {
        byte[] answer = await datasets.AskAsync(
            "apply a stream to", target, static script => script.Text("w=$(zfs get -Hp -o value written,receive_resume_token \"$n\") || exit 1; printf '%s\\n' \"$w\"; all \"$n\""), cancellationToken).ConfigureAwait(false);
        Dataset dataset = DatasetTable.ParseFirst(answer, out ReadOnlyMemory<byte> rest);
        string[] lines = [Line(ref rest), Line(ref rest)];
        return new ReceiveState(SnapshotTable.Parse(dataset, rest), ulong.TryParse(lines[0], out ulong written) ? written : 0, lines[1] is "-" or "" ? null : lines[1]);
    }

    /// <summary>Refuses a stream that does not fit.</summary>
    /// <exception cref="BaseMismatchException">The dataset does not hold the stream's base, or holds more than that.</exception>
    internal void Require(ZfsBegin begin)
    {
        Dataset of = Table.Of;
        if (begin.IsVolume != (of.Kind == VolumeKind.Block))
        {
            throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.NotSupported, Recovery.FixRequest,
                $"The stream of '{begin.Name}' is of a {(begin.IsVolume ? "volume" : "file system")}, and '{of.Name}' is none; apply it to one.") { Engine = ZfsEngineFactory.SchemeName, Operation = "apply" };
        }

        if (Table.Find(begin.ToGuid) is { } there)
        {
            throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.None, Recovery.FixRequest,
                $"The stream's snapshot {begin.ToGuid} is there already: '{there.FullName}'. Roll the volume back to it if it is to hold that, or delete it first.")
            { Engine = ZfsEngineFactory.SchemeName, Operation = "apply" };
        }

        if (begin.FromGuid == 0)
        {
            RequireNoSnapshots();
            return;
        }

        if (Table.Find(begin.FromGuid) is not { } from)
        {
            throw Mismatch(begin.FromGuid, Table.Snapshots.Count == 0 ? null : Table.Snapshots[^1].Id, $"'{of.Name}' has no snapshot with the guid {begin.FromGuid}, the base that the stream was made from; apply a full stream to a new volume first");
        }

        if (from != Table.Snapshots[^1])
        {
            throw Mismatch(begin.FromGuid, Table.Snapshots[^1].Id, $"'{of.Name}' has newer snapshots than the base '{from.FullName}' ('{Table.Snapshots[^1].FullName}' is the newest); roll it back to the base first");
        }

        if (WrittenBytes != 0)
        {
            throw Mismatch(begin.FromGuid, null, $"'{of.Name}' was written to since the base '{from.FullName}' ({WrittenBytes} bytes); roll it back to the base first, and set readonly=on to keep it so");
        }
    }

    /// <summary>Makes sure that nothing is lost when a full stream replaces what the dataset holds.</summary>
    /// <remarks>Implements: zfs-send(8) of the dataset itself, which it refuses for one in use; find(1) for a mounted one.</remarks>
    internal async Task RequireEmptyAsync(DatasetCatalog datasets, CancellationToken cancellationToken)
    {
        Dataset of = Table.Of;
        Script script = of.IsMounted && of.MountPoint is { } mount
            ? new Script().Text("find").Word(mount).Text(" -xdev -mindepth 1 -print | head -c 1")
            : new Script().Text("! command -v udevadm >/dev/null || udevadm settle -t 5 >/dev/null 2>&1\nexec 5>&1\nr=$( { { zfs send -w").Word(of.Name).Text($"; printf %s \"$?\" >&4; }} | head -c {EmptyStreamBytes} >&5; }} 4>&1 )\nexit \"$r\"");
        ShellReply reply = await datasets.Host.TryAskAsync(script, cancellationToken).ConfigureAwait(false);
        bool isCut = reply.Output.Length == EmptyStreamBytes;
        if (reply.Exit != 0 && !isCut)
        {
            throw datasets.Host.Failed("apply a stream to", of.Name, reply);
        }

        if (isCut || (of.IsMounted ? reply.Output.Length > 0 : HasContent(reply.Output, of)))
        {
            throw Mismatch(0, null, $"'{of.Name}' is not empty, and a full stream replaces all of it; make a new one for it");
        }
    }

    private static bool HasContent(byte[] stream, Dataset of)
    {
        const uint PlainFile = 19, Directory = 20;
        var reader = new ZfsSendReader(new MemoryStream(stream), $"ZFS send stream of '{of.Name}'");
        int directories = 0;
        bool any = false;
        while (reader.Read())
        {
            any |= reader.Type switch
            {
                ZfsRecordType.Write => of.Kind == VolumeKind.Block && ZfsBlock.ReadWrite(reader.Record).Number == ZfsChangeQuestion.VolumeData,
                ZfsRecordType.WriteEmbedded => of.Kind == VolumeKind.Block && ZfsBlock.ReadEmbedded(reader.Record).Number == ZfsChangeQuestion.VolumeData,
                ZfsRecordType.Object when of.Kind == VolumeKind.Tree => reader.Record.U32(16) switch
                {
                    PlainFile => true,
                    Directory => ++directories > 1,
                    _ => false,
                },
                _ => false,
            };
        }

        return any;
    }

    private void RequireNoSnapshots()
    {
        if (Table.Snapshots.Count > 0)
        {
            throw Mismatch(0, Table.Snapshots[^1].Id, $"'{Table.Of.Name}' has snapshots ('{Table.Snapshots[^1].FullName}' is the newest), and a full stream replaces all of it; make a new volume for it, or send what changed since that snapshot");
        }
    }

    private static BaseMismatchException Mismatch(ulong expected, string? found, string message)
        => new(expected == 0 ? "nothing" : expected.ToString(System.Globalization.CultureInfo.InvariantCulture), found, $"{message}. Nothing was written.") { Engine = ZfsEngineFactory.SchemeName, Operation = "apply" };

    private static string Line(ref ReadOnlyMemory<byte> text)
    {
        int end = text.Span.IndexOf((byte)'\n');
        string line = Encoding.UTF8.GetString((end < 0 ? text : text[..end]).Span);
        text = end < 0 ? default : text[(end + 1)..];
        return line;
    }
}
