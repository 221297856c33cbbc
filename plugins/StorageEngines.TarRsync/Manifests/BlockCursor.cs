using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// Walks over the blocks of a file, one at a time; a hole comes in pieces of at most <see cref="StoreFormat.MaxBlock"/>. Holds at most one list frame. Not thread-safe.
/// </summary>
internal abstract class BlockCursor
{
    /// <summary>The byte offset of the current block.</summary>
    internal long Offset { get; private protected set; }

    /// <summary>The current block.</summary>
    internal BlockRef Block { get; private protected set; }

    /// <summary>
    /// Of a hole, where it ends, as far as that is known without reading more of the list: at or behind the end of the current block. Of data, the end of the current block.
    /// </summary>
    internal abstract long RunEnd { get; }

    /// <summary>Goes to the next block.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="CorruptDataException">A list frame is damaged.</exception>
    internal abstract bool MoveNext();

    /// <summary>Makes the block that holds <paramref name="offset"/> the next one.</summary>
    internal abstract void Seek(long offset);

    /// <summary>Makes what is behind the current hole the next block; of data, the next block stays as it is.</summary>
    /// <returns>Where the next block begins.</returns>
    internal long SkipHole()
    {
        long end = RunEnd;
        if (Block.IsHole)
            Seek(end);
        return end;
    }
}
