namespace StorageEngines.Streams;

/// <summary>A stream that is read at any place, behind its end too, where there is nothing.</summary>
internal abstract class SeekableReadOnlyStream : ReadOnlyStream
{
    private long _position;

    /// <inheritdoc/>
    public override bool CanSeek => CanRead;

    /// <inheritdoc/>
    public abstract override long Length { get; }

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
    public sealed override long Seek(long offset, SeekOrigin origin) => Position = offset + origin switch
    {
        SeekOrigin.Begin => 0,
        SeekOrigin.Current => Position,
        SeekOrigin.End => Length,
        _ => throw new ArgumentOutOfRangeException(nameof(origin)),
    };
}
