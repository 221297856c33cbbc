using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Reading;

/// <summary>
/// Finds blocks of a target that the base has at another place. Where the last one was found, the next one is expected behind it, so that a long part that moved is
/// one match. The places of up to half a million blocks of the base are kept (some 30 MiB; 32 GiB of chunks by content); later ones are only found behind others.
/// </summary>
internal static class MovedBlocks
{
    private const int MostKept = 512 << 10;

    /// <summary>The matches, ascending by the target's offset; what is at its old place is not among them.</summary>
    internal static IEnumerable<ContentMatch> Find(FileContent baseContent, long baseSize, FileContent content, long size, int mostKept = MostKept)
    {
        Dictionary<BlockId, long> places = Places(baseContent, baseSize, mostKept);
        BlockCursor expected = baseContent.Open(baseSize);
        BlockCursor now = content.Open(size);
        bool isPlaced = false;
        ContentMatch run = default;
        while (now.MoveNext())
        {
            long from = -1;
            if (!now.Block.IsHole)
            {
                if (isPlaced && expected.MoveNext() && expected.Block == now.Block)
                    from = expected.Offset;
                else if (isPlaced = places.TryGetValue(now.Block.Id, out long place))
                {
                    expected.Seek(place);
                    isPlaced = expected.MoveNext() && expected.Block == now.Block;
                    from = isPlaced ? expected.Offset : -1;
                }
            }
            else
            {
                isPlaced = false;
                now.SkipHole();
            }
            if (from == now.Offset || from < 0)
                continue;
            if (run.Length > 0 && run.Offset + run.Length == now.Offset && run.BaseOffset + run.Length == from)
            {
                run = run with { Length = run.Length + now.Block.Length };
                continue;
            }
            if (run.Length > 0)
                yield return run;
            run = new ContentMatch(now.Offset, from, now.Block.Length);
        }
        if (run.Length > 0)
            yield return run;
    }

    private static Dictionary<BlockId, long> Places(FileContent content, long size, int most)
    {
        var places = new Dictionary<BlockId, long>();
        BlockCursor cursor = content.Open(size);
        while (places.Count < most && cursor.MoveNext())
        {
            if (cursor.Block.IsHole)
                cursor.SkipHole();
            else
                places.TryAdd(cursor.Block.Id, cursor.Offset);
        }
        return places;
    }
}
