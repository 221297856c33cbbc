using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>A clone to be read and sought. Holes are known and not read, so that they cost no more than clearing the buffer. Not thread-safe.</summary>
/// <param name="clone">The clone; closed with the stream.</param>
internal sealed class CloneStream(CloneFile clone) : Stream, IFileBackedStream
{
    private long _position;
    private long _known;
    private FileSegment _data;

    /// <inheritdoc/>
    public SafeFileHandle File => clone.Handle;

    /// <inheritdoc/>
    public override bool CanRead => !clone.Handle.IsClosed;

    /// <inheritdoc/>
    public override bool CanSeek => !clone.Handle.IsClosed;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => clone.Size;

    /// <inheritdoc/>
    public override long Position
    {
        get => _position;
        set
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            _position = value;
        }
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(clone.Handle.IsClosed, this);
        buffer = buffer[..(int)Math.Clamp(Length - _position, 0, buffer.Length)];
        for (Span<byte> rest = buffer; !rest.IsEmpty;)
        {
            bool hole = IsHole(_position, out long end);
            Span<byte> part = rest[..(int)Math.Min(rest.Length, end - _position)];
            if (hole)
                part.Clear();
            else
                clone.Read(part, _position);
            _position += part.Length;
            rest = rest[part.Length..];
        }
        return buffer.Length;
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return new(Read(buffer.Span));
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
        => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => _position,
        SeekOrigin.End => Length,
        _ => throw new ArgumentOutOfRangeException(nameof(origin)),
    };

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException("A snapshot cannot be changed.");

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("A snapshot cannot be changed.");

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            clone.Dispose();
        base.Dispose(disposing);
    }

    private bool IsHole(long at, out long end)
    {
        if (at < _known || at >= _data.End)
        {
            if (!clone.TryNextData(at, out _data))
                _data = new FileSegment(Length, 1);
            _known = at;
        }
        end = at < _data.Offset ? _data.Offset : _data.End;
        return at < _data.Offset;
    }
}
