namespace StorageEngines.Testing;

/// <summary>Reads a content as a stream, and counts what was read.</summary>
internal sealed class SparseContentStream : Stream
{
    private readonly SparseContent _content;
    private readonly MemoryStore _store;
    private long _position;
    private bool _disposed;

    public SparseContentStream(SparseContent content, MemoryStore store)
    {
        _content = content;
        _store = store;
        store.Counters.AddStream(1);
    }

    public override bool CanRead => !_disposed;

    public override bool CanSeek => !_disposed;

    public override bool CanWrite => false;

    public override long Length => _content.Length;

    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int count = (int)Math.Min(buffer.Length, Math.Max(0, _content.Length - _position));
        if (count > 0)
        {
            _content.Read(_position, buffer[..count]);
            _position += count;
            _store.Counters.AddSnapshotBytes(count);
        }

        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _store.StepAsync("read:bytes", cancellationToken).ConfigureAwait(false);
        return Read(buffer.Span);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin)
        => Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => _position + offset, _ => _content.Length + offset };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException("A snapshot cannot be changed.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A snapshot cannot be changed.");

    protected override void Dispose(bool disposing)
    {
        if (!_disposed)
        {
            _disposed = true;
            _store.Counters.AddStream(-1);
        }

        base.Dispose(disposing);
    }
}
