namespace StorageEngines.Zfs.Streams;

/// <summary>What a stream makes use of, as its BEGIN record says; the values are the format's (<c>DMU_BACKUP_FEATURE_*</c>).</summary>
[Flags]
internal enum ZfsStreamFeatures : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Equal blocks are sent once (WRITE_BYREF records).</summary>
    Dedup = 1 << 0,

    /// <summary>Checksums are fit for that.</summary>
    DedupProperties = 1 << 1,

    /// <summary>Attributes of files may be in SPILL records.</summary>
    SystemAttributeSpill = 1 << 2,

    /// <summary>There may be WRITE_EMBEDDED records.</summary>
    EmbeddedData = 1 << 16,

    /// <summary>Blocks may be compressed by LZ4.</summary>
    Lz4 = 1 << 17,

    /// <summary>Blocks may be larger than 128 KiB.</summary>
    LargeBlocks = 1 << 19,

    /// <summary>The stream goes on where another was cut off.</summary>
    Resuming = 1 << 20,

    /// <summary>Parts were left out (REDACT records).</summary>
    Redacted = 1 << 21,

    /// <summary>Blocks are sent compressed, as they are stored.</summary>
    Compressed = 1 << 22,

    /// <summary>Objects may take more than one slot.</summary>
    LargeObjects = 1 << 23,

    /// <summary>Blocks are sent encrypted, as they are stored.</summary>
    Raw = 1 << 24,

    /// <summary>Blocks may be compressed by Zstandard.</summary>
    Zstd = 1 << 25,

    /// <summary>Holds come with the snapshots.</summary>
    Holds = 1 << 26,

    /// <summary>The base was sent without large blocks, this stream has them.</summary>
    SwitchToLargeBlocks = 1 << 27,

    /// <summary>Names of files may be longer than 255 bytes.</summary>
    LongNames = 1 << 28,

    /// <summary>Directories may be in large blocks.</summary>
    LargeMicroZap = 1 << 29,
}
