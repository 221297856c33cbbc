namespace StorageEngines.Streams;

/// <summary>
/// A stream that is read from its beginning to its end. Who derives from it overrides <see cref="Read(Span{byte})"/> or <see cref="ReadAsync(Memory{byte}, CancellationToken)"/>, or both; each
/// of them is the other one until then.
/// </summary>
internal abstract class ReadOnlyStream : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public sealed override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException("The length of this stream is not known.");

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException("This stream is read from its beginning to its end.");
        set => throw new NotSupportedException("This stream is read from its beginning to its end.");
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        byte[] bytes = new byte[buffer.Length];
        int count = ReadAsync(bytes.AsMemory()).AsTask().GetAwaiter().GetResult();
        bytes.AsSpan(0, count).CopyTo(buffer);
        return count;
    }

    /// <inheritdoc/>
    public sealed override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(buffer.Span));
    }

    /// <inheritdoc/>
    public sealed override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("This stream is read from its beginning to its end.");

    /// <inheritdoc/>
    public sealed override void Flush()
    {
        // Nothing is ever written.
    }

    /// <inheritdoc/>
    public sealed override void SetLength(long value) => throw new NotSupportedException("This stream can only be read.");

    /// <inheritdoc/>
    public sealed override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("This stream can only be read.");
}
