using StorageEngines.Streams;

namespace StorageEngines.Testing;

/// <summary>Reads a content as a stream, and counts what was read.</summary>
internal sealed class SparseContentStream : SeekableReadOnlyStream
{
    private readonly SparseContent _content;
    private readonly MemoryStore _store;
    private bool _disposed;

    public SparseContentStream(SparseContent content, MemoryStore store)
    {
        _content = content;
        _store = store;
        store.Counters.AddStream(1);
    }

    public override bool CanRead => !_disposed;

    public override long Length => _content.Length;

    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        int count = (int)Math.Min(buffer.Length, Math.Max(0, _content.Length - Position));
        if (count > 0)
        {
            _content.Read(Position, buffer[..count]);
            Position += count;
            _store.Counters.AddSnapshotBytes(count);
        }

        return count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await _store.StepAsync("read:bytes", cancellationToken).ConfigureAwait(false);
        return Read(buffer.Span);
    }

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
