using StorageEngines.Zstd;

namespace StorageEngines.TarRsync.Store;

/// <summary>The codecs by their ids.</summary>
internal static class BlockCodecs
{
    /// <summary>0: the bytes as they are.</summary>
    internal const byte Stored = AlgorithmIds.Stored;

    private const int Samples = 4;
    private const int SampleBytes = 1024;

    private static readonly BrotliCodec Brotli = new();
    private static readonly ZstdCodec Zstd = new(ZstdLibrary.IsAvailable);

    /// <summary>What new blocks and frames are written with: Zstandard where the system has it, else Brotli.</summary>
    internal static readonly IBlockCodec Default = ZstdLibrary.IsAvailable ? Zstd : Brotli;

    /// <summary>Compresses if that pays.</summary>
    /// <param name="source">The block or frame.</param>
    /// <param name="scratch">As long as the source.</param>
    /// <param name="stored">The bytes to store, which lie in <paramref name="scratch"/> or are the source itself.</param>
    /// <returns>The codec's id.</returns>
    internal static byte Pack(ReadOnlySpan<byte> source, Span<byte> scratch, out ReadOnlySpan<byte> stored) => Pack(Default, source, scratch, out stored);

    /// <summary>Like <see cref="Pack(ReadOnlySpan{byte}, Span{byte}, out ReadOnlySpan{byte})"/>, with a codec of the caller's choice.</summary>
    internal static byte Pack(IBlockCodec codec, ReadOnlySpan<byte> source, Span<byte> scratch, out ReadOnlySpan<byte> stored)
    {
        int most = Math.Min(scratch.Length, source.Length * 15 / 16);
        int length = LooksIncompressible(codec, source, scratch) ? 0 : codec.Compress(source, scratch[..most]);
        stored = length == 0 ? source : scratch[..length];
        return length == 0 ? Stored : codec.Id;
    }

    /// <summary>Undoes <see cref="Pack(ReadOnlySpan{byte}, Span{byte}, out ReadOnlySpan{byte})"/>; false if the bytes are damaged or the codec is unknown.</summary>
    /// <exception cref="StorageEngineException">ToolMissing: the codec needs a library that is not here.</exception>
    internal static bool Unpack(byte codec, ReadOnlySpan<byte> stored, Span<byte> destination)
    {
        switch (codec)
        {
            case AlgorithmIds.Zstd:
                return Zstd.Decompress(stored, destination);
            case AlgorithmIds.Brotli:
                return Brotli.Decompress(stored, destination);
            case Stored when stored.Length == destination.Length:
                stored.CopyTo(destination);
                return true;
            default:
                return false;
        }
    }

    // Samples from all over: the head of a file is often a header that says nothing of the rest, and a block may be half of this and half of that. A sample may shrink
    // because some bytes are frequent, or because it repeats itself.
    private static bool LooksIncompressible(IBlockCodec codec, ReadOnlySpan<byte> source, Span<byte> scratch)
    {
        const int Taken = Samples * SampleBytes;
        if (source.Length < 4 * Taken)
            return source.Length < 64 || (source.Length >= SampleBytes && !ByteCensus.IsUneven(source) && !codec.Repeats(source, scratch[..(source.Length * 31 / 32)]));
        for (int i = 0; i < Samples; i++)
            source.Slice(((source.Length - SampleBytes) / (Samples - 1) * i) & ~7, SampleBytes).CopyTo(scratch[(i * SampleBytes)..]);
        return !ByteCensus.IsUneven(scratch[..Taken]) && !codec.Repeats(scratch[..Taken], scratch.Slice(Taken, Taken * 31 / 32));
    }
}
