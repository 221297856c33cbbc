using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.BtrfsStreams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Streams;

/// <summary>
/// Writes a stream as the kernel makes it. Framing, checksums and END are checked while it passes through. One that a signal disturbed is read again from the beginning as long as
/// nothing of it was given out, or what was can be taken back; else the export fails.
/// </summary>
/// <param name="source">What is sent.</param>
/// <param name="to">The target.</param>
/// <param name="kind">Which stream.</param>
/// <param name="progress">Told how far it is; null for nobody.</param>
internal sealed class StreamExport(ISendSource source, SnapshotEntry to, StreamKind kind, IProgress<OperationProgress>? progress)
{
    private const int MostTries = 3;
    private const int GatherBytes = 1 << 20;
    private const int ReportEveryBytes = 8 << 20;

    private readonly byte[] _gathered = new byte[GatherBytes];
    private int _used;
    private long _given;
    private long _reported;
    private long _commands;

    /// <summary>Writes it.</summary>
    /// <param name="output">Where to; one that can be sought and cut is set back to where it stood when the stream has to be read again.</param>
    /// <param name="estimate">About how many bytes it will have; null if that is not known.</param>
    /// <param name="cancellationToken">Ends it within tens of milliseconds.</param>
    internal async Task RunAsync(Stream output, long? estimate, CancellationToken cancellationToken)
    {
        long start = output.CanSeek ? output.Position : 0;
        for (int tries = 1; ; tries++)
        {
            try
            {
                await OnceAsync(output, estimate, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (CorruptDataException) when (tries < MostTries && TakeBack(output, start))
            {
                // It is read again.
            }
            catch (CorruptDataException e)
            {
                throw new StorageEngineException(
                    EngineStatus.Aborted, EngineReason.StreamCorrupt, Recovery.Retry,
                    $"The stream of '{to.Name}' was disturbed, as a stop of the process (SIGSTOP, suspend) does, after {_given} bytes were given out, which cannot be taken back: {e.Message} What was written is not whole; throw it away and export again.", e)
                { Engine = BtrfsEngineFactory.SchemeName, Operation = "export" };
            }
            catch (PosixException e)
            {
                throw BtrfsErrors.From(e, "export snapshot", to.Path.ToString());
            }
        }
    }

    private bool TakeBack(Stream output, long start)
    {
        (_used, _commands, _reported) = (0, 0, 0);
        if (_given == 0)
        {
            return true;
        }

        if (!output.CanSeek || !output.CanWrite)
        {
            return false;
        }

        output.SetLength(start);
        output.Position = start;
        _given = 0;
        return true;
    }

    private async Task OnceAsync(Stream output, long? estimate, CancellationToken cancellationToken)
    {
        // Of another host each file that is looked up would be a round trip; many at once are one, for which the difference is fetched first.
        OldEnds? found = source.Pair is null or LocalPair ? null : OldEnds.Find(source.Pair, cancellationToken);
        OldEnds? watching = source.Pair is LocalPair ? new OldEnds(source.Pair) : null;
        using Stream stream = source.Open(kind, data: true, cancellationToken);
        var reader = new BtrfsSendReader(stream, $"the stream of '{to.Name}'");
        for (bool more = true; more;)
        {
            more = Gather(reader, watching);
            await GiveAsync(output, estimate, !more, cancellationToken).ConfigureAwait(false);
        }

        foreach (byte[] commands in (found ?? watching)?.Commands(source, kind.Version, cancellationToken) ?? [])
        {
            Add(commands);
            await GiveAsync(output, estimate, false, cancellationToken).ConfigureAwait(false);
        }

        Add(StreamHead.End);
        await GiveAsync(output, estimate, true, cancellationToken).ConfigureAwait(false);
        await output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task GiveAsync(Stream output, long? estimate, bool report, CancellationToken cancellationToken)
    {
        await output.WriteAsync(_gathered.AsMemory(0, _used), cancellationToken).ConfigureAwait(false);
        _given += _used;
        _used = 0;
        if (_given - _reported >= ReportEveryBytes || report)
        {
            _reported = _given;
            progress?.Report(new OperationProgress("export", _given, estimate is { } size ? Math.Max(size, _given) : null, _commands));
        }
    }

    // Commands up to a buffer's end; false at END.
    private bool Gather(BtrfsSendReader reader, OldEnds? watching)
    {
        while (_used + BtrfsSendFormat.MaximumCommandVersion2 <= _gathered.Length)
        {
            if (!reader.Read())
            {
                return reader.Streams == 1 ? false : throw reader.Damaged("a second stream follows the first");
            }

            if (_commands++ == 0)
            {
                RequireFirst(reader);
                Add(Head(reader));
                watching?.Take(reader);
                continue;
            }

            ReadOnlySpan<byte> command = reader.Raw;
            if (command.Length > BtrfsSendFormat.MaximumCommandVersion2)
            {
                throw reader.Damaged($"it has {command.Length} bytes; the kernel writes at most {BtrfsSendFormat.MaximumCommandVersion2}");
            }

            watching?.Take(reader);
            Add(command);
        }

        return true;
    }

    private void RequireFirst(BtrfsSendReader reader)
    {
        if (reader.Version != kind.Version || reader.Command != (source.Base is null ? BtrfsCommand.Subvolume : BtrfsCommand.Snapshot))
        {
            throw reader.Damaged($"a stream of version {kind.Version} that begins with the snapshot's name was asked for, and this one has version {reader.Version}");
        }
    }

    // A received snapshot is told by what its first sender told; the kernel tells the transaction of the copy instead.
    private byte[] Head(BtrfsSendReader reader)
    {
        (Guid Uuid, ulong Transaction) target = Told(source.Target, reader, BtrfsAttribute.Uuid, BtrfsAttribute.TransactionId);
        (Guid Uuid, ulong Transaction)? parent = source.Base is { } from ? Told(from, reader, BtrfsAttribute.CloneUuid, BtrfsAttribute.CloneTransactionId) : null;
        return StreamHead.Make(kind.Version, StreamHead.NameOf(to), target, parent);
    }

    // The program on another host is given paths, and something else may have come under them since they were looked at.
    private (Guid Uuid, ulong Transaction) Told(SubvolumeDetails snapshot, BtrfsSendReader reader, BtrfsAttribute uuid, BtrfsAttribute transaction)
        => reader.Uuid(uuid) != snapshot.StreamUuid ? throw new PosixException(Errno.ENOENT, "btrfs send", to.Path.Span, "the stream is of other snapshots")
            : (snapshot.StreamUuid, snapshot.ReceivedUuid == Guid.Empty ? reader.Number(transaction) : snapshot.SentTransaction);

    private void Add(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_gathered.AsSpan(_used));
        _used += bytes.Length;
    }
}
