namespace StorageEngines.Zfs.Streams;

/// <summary>How a block is compressed; the values are the format's (<c>enum zio_compress</c>).</summary>
internal enum ZfsCompression : byte
{
    /// <summary>The stream does not say; in a stream, the block is as it was written.</summary>
    Inherit = 0,

    /// <summary>A dataset's setting only; never in a stream.</summary>
    On = 1,

    /// <summary>Not compressed.</summary>
    Off = 2,

    /// <summary>LZJB.</summary>
    Lzjb = 3,

    /// <summary>A block of zeroes; never in a stream, which has a hole instead.</summary>
    Empty = 4,

    /// <summary>Deflate, level 1; 6 to 12 are levels 2 to 8.</summary>
    Gzip1 = 5,

    /// <summary>Deflate, level 9.</summary>
    Gzip9 = 13,

    /// <summary>Runs of zeroes.</summary>
    Zle = 14,

    /// <summary>LZ4.</summary>
    Lz4 = 15,

    /// <summary>Zstandard.</summary>
    Zstd = 16,
}
