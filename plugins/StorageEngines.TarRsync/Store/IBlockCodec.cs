namespace StorageEngines.TarRsync.Store;

/// <summary>Compresses blocks and frames. Stateless and safe for several threads.</summary>
internal interface IBlockCodec
{
    /// <summary>The id in stored objects.</summary>
    byte Id { get; }

    /// <summary>Compresses; returns the bytes written, or 0 if it does not fit into <paramref name="destination"/>.</summary>
    int Compress(ReadOnlySpan<byte> source, Span<byte> destination);

    /// <summary>Says whether a sample of a block, whose bytes are about equally frequent, compresses by repeating itself; at the least cost.</summary>
    bool Repeats(ReadOnlySpan<byte> sample, Span<byte> scratch);

    /// <summary>Decompresses to exactly the length of <paramref name="destination"/>; false if the bytes are not that.</summary>
    bool Decompress(ReadOnlySpan<byte> source, Span<byte> destination);
}
