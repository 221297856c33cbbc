namespace StorageEngines.TarRsync.Store;

/// <summary>The codecs by their ids.</summary>
internal static class BlockCodecs
{
    /// <summary>0: the bytes as they are.</summary>
    internal const byte Stored = 0;

    /// <summary>What new blocks and frames are written with.</summary>
    internal static readonly IBlockCodec Default = new BrotliCodec();

    private const int SampleBytes = 4096;

    /// <summary>Compresses if that pays.</summary>
    /// <returns>The codec's id and the bytes to store, which lie in <paramref name="scratch"/> or are the source itself.</returns>
    internal static byte Pack(ReadOnlySpan<byte> source, Span<byte> scratch, out ReadOnlySpan<byte> stored)
    {
        int length = LooksIncompressible(source, scratch) ? 0 : Default.Compress(source, scratch[..Math.Min(scratch.Length, source.Length * 15 / 16)]);
        stored = length == 0 ? source : scratch[..length];
        return length == 0 ? Stored : Default.Id;
    }

    /// <summary>Undoes <see cref="Pack"/>; false if the bytes are damaged or the codec is unknown.</summary>
    internal static bool Unpack(byte codec, ReadOnlySpan<byte> stored, Span<byte> destination)
    {
        if (codec == Default.Id)
            return Default.Decompress(stored, destination);
        if (codec != Stored || stored.Length != destination.Length)
            return false;
        stored.CopyTo(destination);
        return true;
    }

    // A sample from the middle: the head of a file is often a header that says nothing of the rest.
    private static bool LooksIncompressible(ReadOnlySpan<byte> source, Span<byte> scratch)
    {
        if (source.Length < 4 * SampleBytes)
            return source.Length < 64;
        ReadOnlySpan<byte> sample = source.Slice(source.Length / 2, SampleBytes);
        return Default.Compress(sample, scratch[..(SampleBytes * 31 / 32)]) == 0;
    }
}
