using System.IO.Compression;

namespace StorageEngines.Zfs.Compression;

/// <summary>Decodes what ZFS calls gzip: a zlib stream, padded with zeroes.</summary>
internal static class GzipBlock
{
    /// <summary>Decodes; false if the block is damaged or does not give exactly what the target holds.</summary>
    /// <param name="data">The array that holds the block.</param>
    /// <param name="length">Bytes of the block, from the array's start.</param>
    /// <param name="target">Gets the bytes.</param>
    internal static bool TryExpand(byte[] data, int length, Span<byte> target)
    {
        using var source = new MemoryStream(data, 0, length, writable: false);
        using var stream = new ZLibStream(source, CompressionMode.Decompress);
        try
        {
            return stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false) == target.Length && stream.ReadByte() < 0;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
