namespace StorageEngines.Btrfs.Streams;

/// <summary>
/// A stream for a reader that waits: read in pieces by asynchronous calls into a buffer of its own, so that a cancelled reader can leave a call that does not return (a pipe
/// whose writer is silent). One reader.
/// </summary>
internal sealed class CancellableInput(Stream inner, CancellationToken cancellationToken) : Stream
{
    private const int PieceBytes = 512 << 10;

    private readonly byte[] _buffer = new byte[PieceBytes];
    private int _next;
    private int _end;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <inheritdoc/>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public override int Read(Span<byte> buffer)
    {
        if (_next == _end)
        {
            _end = _next = 0;
            _end = inner.ReadAsync(_buffer.AsMemory(), cancellationToken).AsTask().WaitAsync(cancellationToken).GetAwaiter().GetResult();
        }

        int count = Math.Min(buffer.Length, _end - _next);
        _buffer.AsSpan(_next, count).CopyTo(buffer);
        _next += count;
        return count;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
