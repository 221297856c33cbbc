using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>The chunks of one list frame: ids and where each ends in the file. Used again for the next frame.</summary>
internal sealed class ChunkWindow
{
    /// <summary>The ids; the one of a hole is all zero.</summary>
    internal BlockId[] Ids { get; private set; } = new BlockId[FileContent.MaxInlineBlocks];

    /// <summary>The byte of the file behind each chunk.</summary>
    internal long[] Ends { get; private set; } = new long[FileContent.MaxInlineBlocks];

    /// <summary>Chunks and holes in it.</summary>
    internal int Count { get; private set; }

    /// <summary>Empties it.</summary>
    internal void Clear() => Count = 0;

    /// <summary>Appends a chunk or a hole.</summary>
    internal void Add(BlockId id, long end)
    {
        if (Count == Ids.Length)
        {
            (BlockId[] ids, long[] ends) = (Ids, Ends);
            Array.Resize(ref ids, Count * 4);
            Array.Resize(ref ends, Count * 4);
            (Ids, Ends) = (ids, ends);
        }
        Ids[Count] = id;
        Ends[Count++] = end;
    }

    /// <summary>The chunk that holds a byte of the file.</summary>
    internal int Find(long offset)
    {
        int at = Array.BinarySearch(Ends, 0, Count, offset);
        return at < 0 ? ~at : at + 1;
    }
}
