namespace StorageEngines.TarRsync.Store;

/// <summary>Chunker 1: blocks of one size, the last one shorter.</summary>
internal sealed class FixedChunker(int blockSize) : IChunker
{
    /// <summary>The id of fixed blocks.</summary>
    internal const byte FixedId = 1;

    /// <inheritdoc/>
    public byte Id => FixedId;

    /// <inheritdoc/>
    public int MaxBlock => blockSize;

    /// <inheritdoc/>
    public int NextLength(ReadOnlySpan<byte> ahead) => Math.Min(blockSize, ahead.Length);
}
