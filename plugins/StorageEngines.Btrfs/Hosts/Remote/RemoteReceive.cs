using System.IO.Pipelines;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.BtrfsStreams;
using StorageEngines.RemoteShells;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// Receives a stream on another host. Each command is checked here before it goes there, the END command goes last, after the end of the input was seen, and the program is confined to the
/// snapshot's directory. Implements: <c>btrfs receive -C</c>, btrfs-receive(8); setsid(1), flock(1).
/// </summary>
/// <param name="shell">Starts the program.</param>
/// <param name="request">The stream.</param>
/// <param name="home">The snapshot's directory.</param>
/// <param name="lockFile">The lock of the volume's snapshots, which the caller holds in another session.</param>
internal sealed class RemoteReceive(RemoteShell shell, ReceiveRequest request, BytePath home, BytePath lockFile)
{
    private const int FlushAt = 256 << 10;
    private const int MostPending = 4 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly byte[] Half = [.. SnapshotStore.Unfinished, .. SnapshotCatalog.DataName];
    private static readonly byte[] Copy = [.. SnapshotStore.Unfinished, .. "base"u8];

    // When the connection is lost, all that was started is sent SIGTERM. What was received is removed then by whoever has the lock: this, or another engine before it.
    // The shell's own words about signals would meet a closed connection, which would end it.
    private const string Script = """
        w='n=0; while [ "$n" -lt 60 ] && [ -d "$1/.seng-tmp-data" ]; do
        flock -n "$2" sh -c '\''for x in "$1"/.seng-tmp-*; do [ ! -d "$x" ] || btrfs subvolume delete "$x" || exit 1; done; [ -e "$1/data" ] || { rm -f -- "$1/info.json"; rmdir -- "$1"; }'\'' sh "$1" && break
        n=$((n + 1)); sleep 1; done'
        trap 'setsid sh -c "$w" sh "$1" "$2" </dev/null >/dev/null 2>&1 & exit 143' TERM
        exec 4>&2 2>/dev/null
        ( exec btrfs receive -q -C "$1" 2>&4 4>&- )
        """;

    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: MostPending, resumeWriterThreshold: MostPending / 2, useSynchronizationContext: false));
    private readonly Dictionary<Guid, Guid> _sources = []; // by the uuid in the stream: the one by which the program finds it

    /// <summary>Receives it into the subvolume <c>.seng-tmp-data</c>.</summary>
    /// <exception cref="CorruptDataException">The stream is damaged.</exception>
    /// <exception cref="StorageCommandException">The program failed (with an exit code), or the connection was lost.</exception>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        var command = new CommandRequest("sh", ["-c", Script, "sh", home, lockFile]) { StandardInput = _pipe.Reader.AsStream(), Operation = "apply" };
        ICommandExecution execution = await shell.StartStreamAsync(command, CancellationToken.None).ConfigureAwait(false);
        try
        {
            Task end = EndAsync(execution);
            try
            {
                await FeedAsync(end, cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // The program has ended before the stream did, and says why.
            }
            catch
            {
                // Without its END command the program fails by itself, and is gone before what it received is removed.
                await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
                await Task.WhenAny(end, Task.Delay(Patience, CancellationToken.None)).ConfigureAwait(false);
                throw;
            }

            await end.ConfigureAwait(false);
        }
        finally
        {
            await execution.DisposeAsync().ConfigureAwait(false);
            shell.EndStream();
        }
    }

    private async Task EndAsync(ICommandExecution execution)
    {
        try
        {
            await execution.StandardOutput.CopyToAsync(Stream.Null).ConfigureAwait(false);
        }
        finally
        {
            _pipe.Writer.CancelPendingFlush(); // Nobody reads any longer.
            await request.Reading.CancelAsync().ConfigureAwait(false);
        }
    }

    private async Task FeedAsync(Task end, CancellationToken cancellationToken)
    {
        BtrfsSendReader reader = request.Reader;
        var checker = new BtrfsStreamChecker(reader, clonesFromOthers: true);
        EncodedExtents? decoder = null;
        int pending = 0;
        long commands = 0;
        Write(Head(reader), ref pending);
        await _pipe.Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
        for (bool more = true; more;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Check(reader, checker, ref decoder);
            if (commands++ > 0)
            {
                Write(reader.Raw, ref pending);
            }

            request.Report(commands, always: false);
            more = reader.Read();
            if (!more)
            {
                Write(StreamHead.End, ref pending);
            }

            if (pending >= FlushAt || !more)
            {
                pending = 0;
                FlushResult flushed = await _pipe.Writer.FlushAsync(cancellationToken).ConfigureAwait(false);
                if (flushed.IsCanceled || end.IsCompleted)
                {
                    break; // The program has ended, and its exit code says why.
                }
            }
        }

        await _pipe.Writer.CompleteAsync().ConfigureAwait(false);
        request.Report(commands, always: true);
    }

    // The program clones from received snapshots only. A base that was made there is given to it as one that it has received itself, by a stream that says no more than that.
    private byte[] Head(BtrfsSendReader reader)
    {
        (Guid, ulong) made = (request.Uuid, request.Transaction);
        if (request.Base is not { } from)
        {
            return StreamHead.Make(reader.Version, Half, made, null);
        }

        (Guid, ulong) parent = (from.Details.Uuid, from.Details.ChangeTransaction);
        byte[] head = StreamHead.Make(reader.Version, Half, made, parent);
        if (from.Details.ReceivedUuid != Guid.Empty)
        {
            _sources[request.BaseUuid] = from.Details.ReceivedUuid;
            return head;
        }

        var copy = Guid.NewGuid();
        _sources[request.BaseUuid] = copy;
        return [.. StreamHead.Make(reader.Version, Copy, (copy, request.Transaction), parent), .. StreamHead.End, .. head];
    }

    // Compressed data is unpacked there, and not here.
    private static void Check(BtrfsSendReader reader, BtrfsStreamChecker checker, ref EncodedExtents? decoder)
    {
        if (reader.Command == BtrfsCommand.EncodedWrite && reader.Version >= 2)
        {
            checker.Write(reader.Bytes(BtrfsAttribute.FilePath), reader.Size(BtrfsAttribute.FileOffset), default);
            return;
        }

        BtrfsCommandDispatcher.One(reader, checker, ref decoder);
    }

    private void Write(ReadOnlySpan<byte> command, ref int pending)
    {
        Span<byte> room = _pipe.Writer.GetSpan(command.Length);
        command.CopyTo(room);
        if (request.Reader.Command == BtrfsCommand.Clone && command.Overlaps(request.Reader.Raw))
        {
            Redirect(room[..command.Length]);
        }

        _pipe.Writer.Advance(command.Length);
        pending += command.Length;
    }

    // Snapshots that data is cloned from are told by the uuid by which the program finds them.
    private void Redirect(Span<byte> command)
    {
        BtrfsSendReader reader = request.Reader;
        Guid uuid = reader.Uuid(BtrfsAttribute.CloneUuid);
        if (uuid == request.Uuid)
        {
            return;
        }

        if (!_sources.TryGetValue(uuid, out Guid source))
        {
            (SubvolumeDetails details, BytePath path) = request.Sources.Require(uuid, CancellationToken.None);
            source = details.ReceivedUuid != Guid.Empty ? details.ReceivedUuid : throw new BaseMismatchException(
                uuid.ToString(), null, $"Btrfs send stream: byte {reader.CommandOffset}: data is to be cloned from '{path}', which was not received there, and the program 'btrfs receive' clones from received snapshots only; send the stream without '-c'.")
            { Engine = BtrfsEngineFactory.SchemeName };
            _sources[uuid] = source;
        }

        _ = reader.Raw.Overlaps(reader.Bytes(BtrfsAttribute.CloneUuid), out int at);
        source.TryWriteBytes(command[at..], bigEndian: true, out _);
        BtrfsSendFormat.Seal(command);
    }
}
