namespace StorageEngines.Streams;

/// <summary>A stream that is fetched piece by piece: 64 KiB where reads jump, up to 4 MiB where one follows the other. One reader at a time.</summary>
/// <param name="start">The beginning, if it was fetched already; else empty.</param>
internal abstract class PiecewiseStream(byte[] start) : SeekableReadOnlyStream
{
    /// <summary>What is fetched where a read jumps, if no more is asked for; bytes.</summary>
    internal const int SmallestPiece = 64 << 10;

    private const int LargestPiece = 4 << 20;

    private byte[] _piece = start;
    private long _pieceAt;
    private int _nextSize = SmallestPiece;

    /// <inheritdoc/>
    public sealed override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(!CanRead, this);
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty || Position >= Length)
        {
            return 0;
        }

        if (Position < _pieceAt || Position >= _pieceAt + _piece.Length)
        {
            bool follows = _piece.Length > 0 && Position == _pieceAt + _piece.Length;
            _nextSize = follows ? Math.Min(_nextSize * 4, LargestPiece) : SmallestPiece;
            int size = (int)Math.Min(Math.Max(_nextSize, Math.Min(buffer.Length, LargestPiece)), Length - Position);
            (_piece, _pieceAt) = (await FetchAsync(Position, size, cancellationToken).ConfigureAwait(false), Position);
        }

        int from = (int)(Position - _pieceAt), count = Math.Min(buffer.Length, _piece.Length - from);
        _piece.AsMemory(from, count).CopyTo(buffer);
        Position += count;
        return count;
    }

    /// <summary>Fetches a piece.</summary>
    /// <param name="offset">Where it begins; bytes.</param>
    /// <param name="size">Its length in bytes; it does not go beyond the end.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>All of it.</returns>
    protected abstract Task<byte[]> FetchAsync(long offset, int size, CancellationToken cancellationToken);
}
