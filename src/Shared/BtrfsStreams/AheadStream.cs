using StorageEngines.Streams;

namespace StorageEngines.BtrfsStreams;

/// <summary>
/// Reads a stream ahead: while one piece is worked on, the next one is read by an asynchronous call. A cancelled reader leaves a call that does not return, such as that on a pipe whose
/// writer is silent; the buffer is that call's own then. One reader. The stream stays the caller's, who has to keep it open until a cancelled call has ended.
/// </summary>
/// <param name="inner">The stream; read from where it stands.</param>
/// <param name="cancellationToken">Ends a wait.</param>
internal sealed class AheadStream(Stream inner, CancellationToken cancellationToken) : ReadOnlyStream
{
    private const int PieceBytes = 512 << 10;

    private byte[] _current = new byte[PieceBytes];
    private byte[] _coming = new byte[PieceBytes];
    private Task<int>? _reading;
    private int _next;
    private int _end;
    private bool _ended;

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_next == _end && !Advance())
        {
            return 0;
        }

        int count = Math.Min(buffer.Length, _end - _next);
        _current.AsSpan(_next, count).CopyTo(buffer);
        _next += count;
        return count;
    }

    private bool Advance()
    {
        if (_ended)
        {
            return false;
        }

        _reading ??= Begin();
        int got = _reading.WaitAsync(cancellationToken).GetAwaiter().GetResult();
        (_current, _coming) = (_coming, _current);
        (_next, _end, _ended) = (0, got, got == 0);
        _reading = _ended ? null : Begin();
        return !_ended;
    }

    private Task<int> Begin() => inner.ReadAsync(_coming.AsMemory(), cancellationToken).AsTask();
}
