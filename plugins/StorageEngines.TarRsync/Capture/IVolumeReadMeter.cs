namespace StorageEngines.TarRsync.Capture;

/// <summary>Counts what is read of a volume's data. All data goes through it, so that "nothing was read" can be proven.</summary>
/// <remarks>Safe for use by several threads.</remarks>
internal interface IVolumeReadMeter
{
    /// <summary>A file, image or device is opened to read its data.</summary>
    void FileOpened(ReadOnlySpan<byte> path);

    /// <summary>Bytes of data were read.</summary>
    void BytesRead(long count);
}
