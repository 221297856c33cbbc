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
/// however large. One reader at a time.
/// </summary>
/// <remarks>Implements: zfs-send(8) with <c>-t</c>.</remarks>
/// <param name="host">The host.</param>
/// <param name="snapshot">The snapshot.</param>
internal sealed class VolumeStream(ZfsHost host, ZfsSnapshot snapshot) : SeekableReadOnlyStream
{
    private const int SmallestPiece = 64 << 10;
    private const int LargestPiece = 4 << 20;
    private const int HeadBytes = 16 << 10; // of a stream, and of what is told before the first block

    private readonly long _length = snapshot.VolumeBytes ?? throw new InvalidOperationException($"'{snapshot.FullName}' is not of a volume.");
    private SendPiece? _piece;
    private int _size;

    /// <inheritdoc/>
    public override long Length => _length;

    /// <inheritdoc/>
    /// <exception cref="SnapshotNotFoundException">The snapshot went away.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || Position >= _length)
        {
            return 0;
        }

        if (_piece is null || Position < _piece.From || Position >= _piece.End)
        {
            bool follows = _piece?.End == Position;
            _size = Math.Clamp(follows ? Math.Max(_size * 4, buffer.Length) : buffer.Length, SmallestPiece, LargestPiece);
            _piece = await FetchAsync(_size, cancellationToken).ConfigureAwait(false);
        }

        int count = _piece.Read(Position, buffer.Span[..(int)Math.Min(buffer.Length, _length - Position)]);
        Position += count;
        return count;
    }

    private async ValueTask<SendPiece> FetchAsync(int dataBytes, CancellationToken cancellationToken)
    {
        long start = Position - (Position % snapshot.Of.BlockBytes);
        int blocks = (dataBytes / snapshot.Of.BlockBytes) + 2;
        int most = checked(HeadBytes + (blocks * (snapshot.Of.BlockBytes + ZfsStreamFormat.RecordBytes)));
        var token = ResumeToken.OfVolume(snapshot, start);

        // Whoever has got enough closes the pipe, which ends the program; so its exit code counts only if it gave less. It comes by descriptor 4.
        Script script = new Script().Text("exec 5>&1\nr=$( { { zfs send -t").Word(System.Text.Encoding.ASCII.GetBytes(token.ToString()))
            .Text(string.Create(CultureInfo.InvariantCulture, $"; printf %s \"$?\" >&4; }} | head -c {most} >&5; }} 4>&1 )\nexit \"$r\""));
        ShellReply reply = await host.TryAskAsync(script, cancellationToken).ConfigureAwait(false);
        bool isCut = reply.Output.Length == most;
        if (reply.Exit != 0 && !isCut)
        {
            StorageEngineException failure = host.Failed("read snapshot", snapshot.FullName, reply);
            throw failure.Reason == EngineReason.ResumeTokenStale ? SnapshotCatalog.Missing(snapshot.Ref) : failure; // The token is whole; so what it names is gone.
        }

        var question = new ZfsChangeQuestion(0, snapshot.Guid, ZfsChangeQuestion.VolumeData, 0, _length, IsPart: true);
        return SendPiece.Scan(reply.Output, isCut, $"ZFS send stream of '{snapshot.FullName}' from byte {start}", question, start);
    }
}
