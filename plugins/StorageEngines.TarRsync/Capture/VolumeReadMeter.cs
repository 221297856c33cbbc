namespace StorageEngines.TarRsync.Capture;

/// <summary>Counts files and bytes, and passes the calls on.</summary>
internal sealed class VolumeReadMeter(IVolumeReadMeter? next = null) : IVolumeReadMeter
{
    private long _files;
    private long _bytes;

    /// <summary>How many files were opened.</summary>
    internal long Files => Interlocked.Read(ref _files);

    /// <summary>How many bytes were read.</summary>
    internal long Bytes => Interlocked.Read(ref _bytes);

    /// <inheritdoc/>
    public void FileOpened(ReadOnlySpan<byte> path)
    {
        Interlocked.Increment(ref _files);
        next?.FileOpened(path);
    }

    /// <inheritdoc/>
    public void BytesRead(long count)
    {
        Interlocked.Add(ref _bytes, count);
        next?.BytesRead(count);
    }
}
