namespace StorageEngines.TarRsync.Manifests;

/// <summary>What a frame of a manifest holds.</summary>
internal enum FrameKind : byte
{
    /// <summary>Entries.</summary>
    Entries = 1,

    /// <summary>A part of one file's list of blocks.</summary>
    BlockList = 2,

    /// <summary>Where the entry frames are, and with which path each begins.</summary>
    Index = 3,

    /// <summary>A part of one file's list of chunks, which have lengths of their own.</summary>
    ChunkList = 4,

    /// <summary>The fast hashes that belong to a list frame.</summary>
    FastHashes = 5,

    /// <summary>Entries, their contents apart and not compressed.</summary>
    SplitEntries = 6,
}
