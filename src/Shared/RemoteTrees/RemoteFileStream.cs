using System.Globalization;
using StorageEngines.RemoteShells;
using StorageEngines.Streams;

namespace StorageEngines.RemoteTrees;

/// <summary>
/// A file of a snapshot of another host, read piece by piece: 64 KiB where reads jump, up to 4 MiB where one follows the other, each one round trip. One reader at a time.
/// </summary>
/// <param name="root">The snapshot; each piece makes sure that it is still that one.</param>
/// <param name="path">The file.</param>
/// <param name="length">The file's size in bytes.</param>
internal sealed class RemoteFileStream(TreeRoot root, BytePath path, long length) : SeekableReadOnlyStream
{
    private const int SmallestPiece = 64 << 10;
    private const int LargestPiece = 4 << 20;

    private byte[] _piece = [];
    private long _pieceAt;
    private int _nextSize = SmallestPiece;

    /// <inheritdoc/>
    public override long Length => length;

    /// <summary>Opens a file, and reads its beginning in the same round trip.</summary>
    /// <exception cref="StorageEngineException">NotFound: there is none; InvalidArgument: it is no regular file.</exception>
    internal static Task<RemoteFileStream> OpenAsync(TreeRoot root, BytePath path, CancellationToken cancellationToken) => Task.Run(
        () =>
        {
            (long size, byte[] start) = new RemoteTree(root, cancellationToken).FileStart(path, SmallestPiece);
            return new RemoteFileStream(root, path, size) { _piece = start };
        },
        cancellationToken);

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || Position >= length)
        {
            return 0;
        }

        if (Position < _pieceAt || Position >= _pieceAt + _piece.Length)
        {
            bool follows = _piece.Length > 0 && Position == _pieceAt + _piece.Length;
            _nextSize = follows ? Math.Min(_nextSize * 4, LargestPiece) : SmallestPiece;
            int size = (int)Math.Min(Math.Max(_nextSize, Math.Min(buffer.Length, LargestPiece)), length - Position);
            (_piece, _pieceAt) = (await FetchAsync(Position, size, cancellationToken).ConfigureAwait(false), Position);
        }

        int from = (int)(Position - _pieceAt), count = Math.Min(buffer.Length, _piece.Length - from);
        _piece.AsMemory(from, count).CopyTo(buffer);
        Position += count;
        return count;
    }

    private async Task<byte[]> FetchAsync(long offset, int size, CancellationToken cancellationToken)
    {
        Script script = new Script().Text("dd").Word([.. "if="u8, .. RemoteTree.Dotted(path)])
            .Text(string.Create(CultureInfo.InvariantCulture, $" bs=1M iflag=fullblock,skip_bytes,count_bytes skip={offset} count={size} status=none"));
        ShellReply reply = await root.AskAsync(script, cancellationToken).ConfigureAwait(false);
        return reply.Exit == 0 && reply.Output.Length == size ? reply.Output : throw new StorageCommandException(EngineStatus.DataLoss, EngineReason.None, Recovery.OperatorAction,
            $"'{path}' of {root.Snapshot} cannot be read on {root.Shell.Runner.Host}: {(reply.Errors.Length > 0 ? reply.Errors : $"{reply.Output.Length} bytes came instead of {size}")}.")
        { Host = root.Shell.Runner.Host, Engine = root.Engine, ExitCode = reply.Exit, StandardErrorTail = reply.Errors };
    }
}
