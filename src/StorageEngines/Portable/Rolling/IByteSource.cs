namespace StorageEngines.Portable.Rolling;

/// <summary>Bytes that can be read at any place. Safe for use by several threads.</summary>
internal interface IByteSource : IDisposable
{
    /// <summary>How many bytes there are.</summary>
    long Length { get; }

    /// <summary>Fills a buffer.</summary>
    /// <param name="offset">Where to begin; the buffer has to fit between it and the end.</param>
    /// <param name="buffer">What to fill.</param>
    /// <exception cref="StorageEngineException">The bytes cannot be read, or are fewer than there were.</exception>
    void Read(long offset, Span<byte> buffer);
}
