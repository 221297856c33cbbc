using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// The blocks of one file as a manifest keeps them: a short list within the entry, or a long one in frames of its own. Immutable. What a reader gave
/// out stays valid as long as the reader (for long lists: its file) is open.
/// </summary>
internal readonly struct FileContent
{
    /// <summary>No data: an empty file, or nothing that has data.</summary>
    internal const byte None = 0;

    /// <summary>Fixed blocks; the list is within the entry.</summary>
    internal const byte Inline = 1;

    /// <summary>Fixed blocks; the list is in list frames, whose offsets are within the entry.</summary>
    internal const byte Framed = 2;

    /// <summary>Chunks by content; the list is within the entry.</summary>
    internal const byte ChunksInline = 3;

    /// <summary>Fixed blocks; the list is in frames, with frames of fast hashes beside them.</summary>
    internal const byte FramedHashed = 4;

    /// <summary>Chunks by content; the list is in frames, with frames of fast hashes beside them.</summary>
    internal const byte ChunksFramed = 5;

    /// <summary>The data is in a clone, a file of the store that shares its blocks with the volume; see <see cref="Reflink.CloneRef"/>.</summary>
    internal const byte Clone = 16;

    /// <summary>Blocks covered by one list frame: 4096 (256 MiB of a file in fixed blocks).</summary>
    internal const int BlocksPerFrame = 4096;

    /// <summary>The longest list that stays within the entry, in blocks: 128 (8 MiB of a file).</summary>
    internal const int MaxInlineBlocks = 128;

    internal FileContent(ReadOnlyMemory<byte> encoded, ManifestFile? owner)
    {
        Encoded = encoded;
        Owner = owner;
    }

    /// <summary>The content of a file of one block.</summary>
    internal static FileContent OfOneBlock(BlockId id)
    {
        if (id.IsHole)
            return default;
        var encoded = new byte[2 + BlockId.Size];
        (encoded[0], encoded[1]) = (Inline, 2); // a run of one block of data
        id.Write(encoded.AsSpan(2));
        return new FileContent(encoded, null);
    }

    /// <summary>The list as it stands in the entry: a kind byte and what belongs to it. Empty means <see cref="None"/>.</summary>
    internal ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>The manifest that the list frames are in; null while they are being written.</summary>
    internal ManifestFile? Owner { get; }

    /// <summary>One of the constants above.</summary>
    internal byte Kind => Encoded.IsEmpty ? None : Encoded.Span[0];

    /// <summary>The list is in frames of its own, whose offsets are good in this manifest only.</summary>
    internal bool IsFramed => Kind is Framed or FramedHashed or ChunksFramed;

    /// <summary>It is good in its own manifest only: another one needs list frames of its own, or a clone of its own.</summary>
    internal bool IsOfOneManifest => IsFramed || Kind == Clone;

    /// <summary>The blocks have lengths of their own.</summary>
    internal bool IsChunks => Kind is ChunksInline or ChunksFramed;

    /// <summary>What errors call it.</summary>
    internal string SourceName => Owner?.Name ?? "the list of blocks";

    /// <summary>Walks over the blocks.</summary>
    /// <param name="size">The file's size in bytes.</param>
    /// <param name="blockSize">The store's block size.</param>
    internal BlockCursor Open(long size, int blockSize = StoreFormat.BlockSize)
        => IsChunks ? new ChunkCursor(this, size) : new FixedCursor(this, size, blockSize);
}
