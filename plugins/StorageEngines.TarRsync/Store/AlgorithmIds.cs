namespace StorageEngines.TarRsync.Store;

/// <summary>The numbers of algorithms in stored objects. A number is never given a second meaning.</summary>
internal static class AlgorithmIds
{
    /// <summary>Hash of blocks 1: SHA-256.</summary>
    internal const byte Sha256 = 1;

    /// <summary>Fast hash 1: XXH3-128 with the store's secret of 192 bytes.</summary>
    internal const byte KeyedXxh3 = 1;

    /// <summary>Chunker 1: blocks of one size.</summary>
    internal const byte FixedBlocks = 1;

    /// <summary>Chunker 2: content-defined, see <see cref="ChunkCutter"/>.</summary>
    internal const byte FastCdc = 2;

    /// <summary>Codec 0: the bytes as they are.</summary>
    internal const byte Stored = 0;

    /// <summary>Codec 1: Brotli.</summary>
    internal const byte Brotli = 1;

    /// <summary>Codec 2: Zstandard.</summary>
    internal const byte Zstd = 2;
}
