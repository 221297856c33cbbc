using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.Streams;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>A clone to be read and sought. Holes are known and not read, so that they cost no more than clearing the buffer. Not thread-safe.</summary>
/// <param name="clone">The clone; closed with the stream.</param>
internal sealed class CloneStream(CloneFile clone) : SeekableReadOnlyStream, IFileBackedStream
{
    private long _known;
    private FileSegment _data;

    /// <inheritdoc/>
    public SafeFileHandle File => clone.Handle;

    /// <inheritdoc/>
    public override bool CanRead => !clone.Handle.IsClosed;

    /// <inheritdoc/>
    public override long Length => clone.Size;

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        ObjectDisposedException.ThrowIf(clone.Handle.IsClosed, this);
        buffer = buffer[..(int)Math.Clamp(Length - Position, 0, buffer.Length)];
        for (Span<byte> rest = buffer; !rest.IsEmpty;)
        {
            bool hole = IsHole(Position, out long end);
            Span<byte> part = rest[..(int)Math.Min(rest.Length, end - Position)];
            if (hole)
                part.Clear();
            else
                clone.Read(part, Position);
            Position += part.Length;
            rest = rest[part.Length..];
        }
        return buffer.Length;
    }

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
