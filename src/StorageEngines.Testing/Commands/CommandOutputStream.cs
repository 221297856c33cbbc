using StorageEngines.Streams;

namespace StorageEngines.Testing;

/// <summary>A command's output, which may end in something else than its end.</summary>
/// <param name="inner">The bytes before that.</param>
/// <param name="atEnd">What happens where they end: nothing, an exception, a wait.</param>
/// <param name="beforeRead">What happens before each read. Default: null, nothing.</param>
/// <param name="maxBytes">How many bytes are read before the end is pretended. Default: all.</param>
internal sealed class CommandOutputStream(
    Stream inner, Func<CancellationToken, ValueTask> atEnd, Func<CancellationToken, ValueTask>? beforeRead = null, long maxBytes = long.MaxValue) : ReadOnlyStream
{
    private long _left = maxBytes;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty)
        {
            return 0;
        }

        if (beforeRead is not null)
        {
            await beforeRead(cancellationToken).ConfigureAwait(false);
        }

        int read = _left == 0 ? 0 : await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false);
        _left -= read;
        if (read == 0)
        {
            await atEnd(cancellationToken).ConfigureAwait(false);
        }

        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
