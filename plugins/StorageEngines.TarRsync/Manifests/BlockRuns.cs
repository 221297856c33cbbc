using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// The encoding of a list of blocks: runs, each a varint of (number of blocks * 2 + 1 if it is a hole), and for a data run 32 bytes per block.
/// </summary>
internal static class BlockRuns
{
    /// <summary>Appends a list.</summary>
    internal static void Append(ByteBuffer output, ReadOnlySpan<BlockId> blocks)
    {
        for (int start = 0; start < blocks.Length;)
        {
            bool hole = blocks[start].IsHole;
            int end = start + 1;
            while (end < blocks.Length && blocks[end].IsHole == hole)
                end++;
            output.AppendVarint(((ulong)(end - start) << 1) | (hole ? 1UL : 0));
            for (int i = start; !hole && i < end; i++)
                blocks[i].Write(output.Extend(BlockId.Size));
            start = end;
        }
    }

    /// <summary>Reads the list frame of a file.</summary>
    /// <param name="content">The list.</param>
    /// <param name="offset">The frame's offset; 0 stands for nothing but holes.</param>
    /// <param name="blocks">Takes the blocks; as many as the frame has.</param>
    internal static void ReadFrame(FileContent content, long offset, Span<BlockId> blocks)
    {
        if (offset == 0)
        {
            blocks.Clear();
            return;
        }
        ManifestFile owner = content.Owner ?? throw new InvalidOperationException("The list's frames are still being written.");
        byte[] bytes = owner.ReadFrame(offset, FrameKind.BlockList, out _);
        var input = new SpanReader(bytes, owner.Name, offset);
        Read(ref input, blocks);
    }

    /// <summary>Reads a list of exactly as many blocks as <paramref name="blocks"/> holds.</summary>
    internal static void Read(ref SpanReader input, Span<BlockId> blocks)
    {
        for (int at = 0; at < blocks.Length;)
        {
            ulong run = input.ReadVarint();
            int length = run >> 1 is var count && count >= 1 && count <= (ulong)(blocks.Length - at)
                ? (int)count
                : throw input.Corrupt("a run of blocks is empty or longer than the list");
            if ((run & 1) != 0)
            {
                blocks.Slice(at, length).Clear();
            }
            else
            {
                ReadOnlySpan<byte> ids = input.ReadBytes(length * BlockId.Size);
                for (int i = 0; i < length; i++)
                    blocks[at + i] = BlockId.Read(ids[(i * BlockId.Size)..]);
            }
            at += length;
        }
        if (!input.AtEnd)
            throw input.Corrupt("bytes follow the list of blocks");
    }
}
