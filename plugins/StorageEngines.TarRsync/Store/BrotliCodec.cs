using System.IO.Compression;

namespace StorageEngines.TarRsync.Store;

/// <summary>Codec 1: Brotli (RFC 7932), quality 1.</summary>
internal sealed class BrotliCodec : IBlockCodec
{
    /// <inheritdoc/>
    public byte Id => AlgorithmIds.Brotli;

    /// <inheritdoc/>
    public int Compress(ReadOnlySpan<byte> source, Span<byte> destination)
        => BrotliEncoder.TryCompress(source, destination, out int written, quality: 1, window: 18) ? written : 0;

    /// <inheritdoc/>
    public bool Repeats(ReadOnlySpan<byte> sample, Span<byte> scratch) => Compress(sample, scratch) != 0;

    /// <inheritdoc/>
    public bool Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
        => BrotliDecoder.TryDecompress(source, destination, out int written) && written == destination.Length;
}
