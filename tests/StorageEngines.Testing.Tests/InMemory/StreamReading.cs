namespace StorageEngines.Testing;

internal static class StreamReading
{
    /// <summary>Reads one byte at a place, and closes the stream.</summary>
    public static int ReadByteAt(this Stream stream, long offset)
    {
        using (stream)
        {
            stream.Position = offset;
            return stream.ReadByte();
        }
    }
}
