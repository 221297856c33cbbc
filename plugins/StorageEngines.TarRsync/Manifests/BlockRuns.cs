using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// The encoding of a list of blocks: runs, each a varint of (number of blocks * 2 + 1 if it is a hole), and for a data run 32 bytes per block.
/// </summary>
internal static class BlockRuns
{
    /// <summary>Appends a list.</summary>
    internal static void Append(ByteBuffer output, BlockWindow blocks)
    {
        for (int run = 0; run < blocks.Runs; run++)
        {
            int length = blocks.End(run) - blocks.Start(run);
            int first = blocks.FirstId(run);
            output.AppendVarint(((ulong)length << 1) | (first < 0 ? 1UL : 0));
            for (int i = 0; first >= 0 && i < length; i++)
                blocks.Ids[first + i].Write(output.Extend(BlockId.Size));
        }
    }

    /// <summary>Reads the list frame of a file.</summary>
    /// <param name="content">The list.</param>
    /// <param name="offset">The frame's offset; 0 stands for nothing but holes.</param>
    /// <param name="count">How many blocks the frame has.</param>
    /// <param name="blocks">Takes the blocks.</param>
    internal static void ReadFrame(FileContent content, long offset, int count, BlockWindow blocks)
    {
        if (offset == 0)
        {
            blocks.Clear();
            blocks.AddHole(count);
            return;
        }
        ManifestFile owner = content.Owner ?? throw new InvalidOperationException("The list's frames are still being written.");
        byte[] bytes = owner.ReadFrame(offset, FrameKind.BlockList, out _);
        var input = new SpanReader(bytes, owner.Name, offset);
        Read(ref input, count, blocks);
    }

    /// <summary>Reads a list of exactly so many blocks.</summary>
    internal static void Read(ref SpanReader input, int count, BlockWindow blocks)
    {
        blocks.Clear();
        while (blocks.Count < count)
        {
            ulong run = input.ReadVarint();
            int length = run >> 1 is var some && some >= 1 && some <= (ulong)(count - blocks.Count)
                ? (int)some
                : throw input.Corrupt("a run of blocks is empty or longer than the list");
            if ((run & 1) != 0)
            {
                blocks.AddHole(length);
                continue;
            }
            ReadOnlySpan<byte> bytes = input.ReadBytes(length * BlockId.Size);
            for (; !bytes.IsEmpty; bytes = bytes[BlockId.Size..])
                Add(blocks, BlockId.Read(bytes));
        }
        if (!input.AtEnd)
            throw input.Corrupt("bytes follow the list of blocks");
    }

    // Nobody writes a hole as data, but it would mean the same.
    private static void Add(BlockWindow blocks, BlockId id)
    {
        if (id.IsHole)
            blocks.AddHole(1);
        else
            blocks.Add(id);
    }
}
