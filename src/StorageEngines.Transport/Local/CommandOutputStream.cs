using StorageEngines.Streams;

namespace StorageEngines.Transport;

/// <summary>A command's standard output. Its end is reported only after the command is known to have succeeded.</summary>
/// <param name="inner">The bytes.</param>
/// <param name="verifyEndAsync">Waits for the command's end and throws unless it succeeded.</param>
/// <param name="throwIfStopped">Throws if the command was cancelled or disposed, so that what is buffered is not taken for the whole.</param>
internal sealed class CommandOutputStream(Stream inner, Func<Task> verifyEndAsync, Action throwIfStopped) : ReadOnlyStream
{
    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        throwIfStopped();
        int read;
        try
        {
            read = inner.Read(buffer);
        }
        catch (InvalidOperationException)
        {
            throwIfStopped(); // Closed while it was read: that is no error of the reader's.
            throw;
        }

        throwIfStopped(); // What was closed meanwhile may have given its memory to somebody else.
        if (read == 0 && !buffer.IsEmpty)
        {
            verifyEndAsync().GetAwaiter().GetResult();
        }

        return read;
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        throwIfStopped();
        int read;
        try
        {
            read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidOperationException)
        {
            throwIfStopped();
            throw;
        }

        throwIfStopped();
        if (read == 0 && !buffer.IsEmpty)
        {
            await verifyEndAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        return read;
    }
}
