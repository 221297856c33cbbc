namespace StorageEngines.BtrfsStreams;

/// <summary>
/// Fills from a regular file that is read in pieces by two threads: the reader's own, whenever nothing is there for it, and one of the thread pool. The kernel copies what it has
/// cached no faster than a processor goes, and that is most of the work; so both copy. A piece is used where it was read to: what the piece before left is put in front of it.
/// </summary>
/// <param name="stream">The file; read from where it stands. The caller's.</param>
/// <param name="cancellationToken">Ends a wait.</param>
internal sealed class FileRefill(FileStream stream, CancellationToken cancellationToken) : IRefill
{
    /// <summary>Room before a piece: for what is left of a command of the longest kind that the kernel writes.</summary>
    internal const int Room = 160 << 10;

    private readonly FilePieces _pieces = new(stream.SafeFileHandle, stream.Position, Room);
    private readonly long _start = stream.Position;
    private byte[] _long = [];
    private bool _ended;

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public void Fill(ref byte[] buffer, ref int next, ref int end, int wanted)
    {
        int rest = end - next;
        if (!_ended && rest <= Room)
        {
            (byte[] piece, int count) = Take();
            buffer.AsSpan(next, rest).CopyTo(piece.AsSpan(Room - rest));
            (buffer, next, end) = (piece, Room - rest, Room + count);
            _pieces.ReleaseOlder();
        }

        if (!_ended && end - next < wanted)
        {
            Gather(ref buffer, ref next, ref end, wanted);
        }
    }

    // A command that is longer than the kernel's is put together in a buffer of its own.
    private void Gather(ref byte[] buffer, ref int next, ref int end, int wanted)
    {
        int rest = end - next;
        byte[] target = _long.Length >= wanted + FilePieces.PieceBytes ? _long : new byte[wanted + FilePieces.PieceBytes];
        buffer.AsSpan(next, rest).CopyTo(target);
        (buffer, next, end) = (target, 0, rest);
        _long = target;
        while (!_ended && end < wanted)
        {
            (byte[] piece, int count) = Take();
            piece.AsSpan(Room, count).CopyTo(target.AsSpan(end));
            end += count;
        }

        _pieces.ReleaseOlder();
    }

    private (byte[] Piece, int Count) Take()
    {
        (byte[] Piece, int Count) taken = _pieces.Take(cancellationToken);
        if (taken.Count < FilePieces.PieceBytes)
        {
            _ended = true;
            stream.Position = _start + _pieces.Taken;
        }

        return taken;
    }
}
