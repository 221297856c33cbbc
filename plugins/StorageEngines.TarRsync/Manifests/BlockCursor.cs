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

    /// <summary>Goes to the next block.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="CorruptDataException">A list frame is damaged.</exception>
    internal abstract bool MoveNext();

    /// <summary>Makes the block that holds <paramref name="offset"/> the next one.</summary>
    internal abstract void Seek(long offset);
}
