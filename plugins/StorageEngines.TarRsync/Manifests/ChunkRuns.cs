using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// The encoding of a list of chunks: runs, each either a varint of (bytes * 2 + 1), which is a hole, or a varint of (number of chunks * 2) and for each chunk a
/// varint length in bytes and 32 bytes id.
/// </summary>
internal static class ChunkRuns
{
    /// <summary>Appends a list.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="chunks">The chunks.</param>
    /// <param name="start">Where the first one begins in the file.</param>
    internal static void Append(ByteBuffer output, ChunkWindow chunks, long start)
    {
        for (int at = 0; at < chunks.Count;)
        {
            int end = at + 1;
            if (chunks.Ids[at].IsHole)
            {
                output.AppendVarint(((ulong)(chunks.Ends[at] - start) << 1) | 1);
                (start, at) = (chunks.Ends[at], end);
                continue;
            }
            while (end < chunks.Count && !chunks.Ids[end].IsHole)
                end++;
            output.AppendVarint((ulong)(end - at) << 1);
            for (; at < end; start = chunks.Ends[at++])
            {
                output.AppendVarint((ulong)(chunks.Ends[at] - start));
                chunks.Ids[at].Write(output.Extend(BlockId.Size));
            }
        }
    }

    /// <summary>Reads the list frame of a file.</summary>
    internal static void ReadFrame(FileContent content, ListFrame frame, ChunkWindow chunks)
    {
        if (frame.List == 0)
        {
            chunks.Clear();
            chunks.Add(default, frame.End);
            return;
        }
        ManifestFile owner = content.Owner ?? throw new InvalidOperationException("The list's frames are still being written.");
        byte[] bytes = owner.ReadFrame(frame.List, FrameKind.ChunkList, out _);
        Read(new SpanReader(bytes, owner.Name, frame.List), frame, FileContent.BlocksPerFrame, chunks);
    }

    /// <summary>Reads a list that covers exactly the bytes of the file that <paramref name="frame"/> says.</summary>
    internal static void Read(SpanReader input, ListFrame frame, int most, ChunkWindow chunks)
    {
        chunks.Clear();
        long at = frame.Start;
        bool afterHole = false;
        while (!input.AtEnd)
        {
            ulong run = input.ReadVarint();
            bool isHole = (run & 1) != 0;
            // Holes that touch would be one; so there are at most as many holes as chunks, and one more.
            if (run < 2 || (isHole ? afterHole || run >> 1 > (ulong)(frame.End - at) : run >> 1 > (ulong)most))
                throw input.Corrupt("a run of chunks is empty, or longer than the list");
            afterHole = isHole;
            if (isHole)
                chunks.Add(default, at += (long)(run >> 1));
            for (ulong left = isHole ? 0 : run >> 1; left > 0; left--, most--)
                chunks.Add(ReadChunk(ref input, frame.End, ref at), at);
        }
        if (at != frame.End)
            throw input.Corrupt("the list of chunks does not cover the file");
    }

    private static BlockId ReadChunk(ref SpanReader input, long end, ref long at)
    {
        ulong length = input.ReadVarint();
        if (length is 0 or > StoreFormat.MaxBlock || length > (ulong)(end - at))
            throw input.Corrupt("a chunk has an impossible length");
        var id = BlockId.Read(input.ReadBytes(BlockId.Size));
        if (id.IsHole)
            throw input.Corrupt("a chunk has the id of a hole");
        at += (long)length;
        return id;
    }
}
