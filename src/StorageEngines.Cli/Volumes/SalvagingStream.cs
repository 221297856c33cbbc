using StorageEngines.Streams;

namespace StorageEngines.Cli.Volumes;

/// <summary>A stream whose damaged parts read as zeroes. Not safe for use by several threads.</summary>
/// <param name="inner">The stream; it can be sought. Disposed with this one.</param>
/// <param name="damaged">Told the bytes lost so far in all, and the first error.</param>
internal sealed class SalvagingStream(Stream inner, Action<long, CorruptDataException> damaged) : SeekableReadOnlyStream
{
    private const int Piece = 4096;
    private long _lost;
    private CorruptDataException? _first;

    /// <inheritdoc/>
    public override long Length => inner.Length;

    /// <inheritdoc/>
    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        long position = inner.Position;
        try
        {
            return inner.Read(buffer);
        }
        catch (CorruptDataException error)
        {
            _first ??= error;
        }

        // Up to the next boundary: what is behind it may be whole.
        int length = (int)Math.Min(Math.Min(buffer.Length, Piece - (position % Piece)), inner.Length - position);
        inner.Position = position;
        try
        {
            return inner.Read(buffer[..length]);
        }
        catch (CorruptDataException)
        {
            buffer[..length].Clear();
            inner.Position = position + length;
            _lost += length;
            damaged(_lost, _first);
            return length;
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
