namespace StorageEngines.CephRbd.Hosts;

/// <summary>
/// An image that is open for writing. One caller at a time. Until <see cref="FinishAsync"/> has returned, any part of what was written may be there or not; whoever disposes it before that has to put the image
/// right, and can: nothing is written any more when it is disposed.
/// </summary>
internal interface IImageWriting : IAsyncDisposable
{
    /// <summary>Writes data.</summary>
    Task WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Makes a range read as zeroes, to the byte, and gives its space back as far as that can be.</summary>
    Task ZeroAsync(long offset, long length, CancellationToken cancellationToken);

    /// <summary>Makes sure that all of it is kept. Nothing may be written afterwards.</summary>
    Task FinishAsync(CancellationToken cancellationToken);
}
