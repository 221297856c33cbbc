namespace StorageEngines.Transport;

/// <summary>A command's standard output. Its end is reported only after the command is known to have succeeded.</summary>
/// <param name="inner">The bytes.</param>
/// <param name="verifyEndAsync">Waits for the command's end and throws unless it succeeded.</param>
/// <param name="throwIfStopped">Throws if the command was cancelled or disposed, so that what is buffered is not taken for the whole.</param>
internal sealed class CommandOutputStream(Stream inner, Func<Task> verifyEndAsync, Action throwIfStopped) : Stream
{
    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <inheritdoc/>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        throwIfStopped();
        int read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        if (read == 0 && !buffer.IsEmpty)
        {
            await verifyEndAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return read;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count)
    {
        throwIfStopped();
        int read = inner.Read(buffer, offset, count);
        if (read == 0 && count > 0)
        {
            verifyEndAsync().GetAwaiter().GetResult();
        }

        return read;
    }

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
