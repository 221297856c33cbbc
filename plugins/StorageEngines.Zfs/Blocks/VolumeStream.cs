using System.Globalization;
using StorageEngines.RemoteShells;
using StorageEngines.Streams;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Snapshots;
using StorageEngines.Zfs.Streams;
using StorageEngines.Zfs.Transfer;

namespace StorageEngines.Zfs.Blocks;

/// <summary>
/// The bytes of a snapshot of a volume, read piece by piece out of send streams that begin where the reader is: <c>zfs send -t</c> takes a token that says where, and whoever knows its form
/// can make one. So nothing has to be made in the pool for it, nothing is left behind whatever happens, and the right to send is enough; data goes as it is compressed, and a hole costs nothing
/// however large. What changed since the base that was asked about last comes out of the difference, where the next change follows at once. One reader at a time.
/// </summary>
/// <remarks>Implements: zfs-send(8) with <c>-t</c>.</remarks>
/// <param name="host">The host.</param>
/// <param name="snapshot">The snapshot.</param>
/// <param name="from">The base that it was compared with last; null if none is known.</param>
internal sealed class VolumeStream(ZfsHost host, ZfsSnapshot snapshot, SendBase? from) : SeekableReadOnlyStream
{
    private const int LargestPiece = 4 << 20;
    private const int HeadBytes = 16 << 10; // of a stream, and of what is told before the first block
    private const int MostMisses = 2;

    private readonly long _length = snapshot.VolumeBytes ?? throw new InvalidOperationException($"'{snapshot.FullName}' is not of a volume.");
    private SendBase? _from = from;
    private SendPiece? _changed;
    private SendPiece? _whole;
    private int _misses;
    private int _size;

    /// <inheritdoc/>
    public override long Length => _length;

    private int Smallest => Math.Max(64 << 10, snapshot.Of.BlockBytes);

    /// <inheritdoc/>
    /// <exception cref="SnapshotNotFoundException">The snapshot went away.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || Position >= _length)
        {
            return 0;
        }

        buffer = buffer[..(int)Math.Min(buffer.Length, _length - Position)];
        int count = _from is null ? 0 : await TryReadChangedAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (count == 0)
        {
            _whole = await PieceAsync(_whole, null, buffer.Length, cancellationToken).ConfigureAwait(false);
            count = _whole.Read(Position, buffer.Span);
        }

        Position += count;
        return count;
    }

    private async ValueTask<int> TryReadChangedAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            _changed = await PieceAsync(_changed, _from, LargestPiece, cancellationToken).ConfigureAwait(false);
            int count = _changed.Read(Position, buffer.Span);
            _misses = count == 0 ? _misses + 1 : 0;
            _from = _misses > MostMisses ? null : _from;
            return count;
        }
        catch (StorageEngineException e) when (e.Reason != EngineReason.ConnectionLost)
        {
            _from = null; // The base went away, or its difference is no help; the snapshot itself says what is wrong, if anything is.
            return 0;
        }
    }

    private async ValueTask<SendPiece> PieceAsync(SendPiece? piece, SendBase? since, int wanted, CancellationToken cancellationToken)
    {
        if (piece is not null && Position >= piece.From && Position < piece.End)
        {
            return piece;
        }

        bool follows = piece?.End == Position;
        _size = follows ? Math.Min(_size * 4, LargestPiece) : Math.Clamp(wanted, Smallest, LargestPiece);
        return await FetchAsync(since, Math.Max(_size, Smallest), cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<SendPiece> FetchAsync(SendBase? since, int dataBytes, CancellationToken cancellationToken)
    {
        long start = Position - (Position % snapshot.Of.BlockBytes);
        int blocks = (dataBytes / snapshot.Of.BlockBytes) + 2;
        int most = checked(HeadBytes + (blocks * (snapshot.Of.BlockBytes + ZfsStreamFormat.RecordBytes)));
        ResumeFlags flags = ResumeFlags.Compressed | ResumeFlags.Embedded | ResumeFlags.LargeBlocks;
        var token = new ResumeToken(ZfsChangeQuestion.VolumeData, (ulong)start, 0, snapshot.Guid, snapshot.FullName, since?.Guid ?? 0, flags);

        // Whoever has got enough closes the pipe, which ends the program; so its exit code counts only if it gave less. It comes by descriptor 4.
        Script script = new Script().Text("exec 5>&1\nr=$( { { zfs send -t").Word(System.Text.Encoding.ASCII.GetBytes(token.ToString()))
            .Text(string.Create(CultureInfo.InvariantCulture, $"; printf %s \"$?\" >&4; }} | head -c {most} >&5; }} 4>&1 )\nexit \"$r\""));
        ShellReply reply = await host.TryAskAsync(script, cancellationToken).ConfigureAwait(false);
        bool isCut = reply.Output.Length == most;
        if (reply.Exit != 0 && !isCut)
        {
            throw host.Failed("read snapshot", snapshot.FullName, reply);
        }

        var question = new ZfsChangeQuestion(since?.Guid ?? 0, snapshot.Guid, ZfsChangeQuestion.VolumeData, since?.VolumeBytes ?? 0, _length, IsPart: true);
        return SendPiece.Scan(reply.Output, isCut, $"ZFS send stream of '{snapshot.FullName}' from byte {start}", question, start);
    }
}
