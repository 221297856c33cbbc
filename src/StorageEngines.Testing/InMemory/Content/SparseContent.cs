using System.Collections.Immutable;

namespace StorageEngines.Testing;

/// <summary>The bytes of a volume or file as blocks that are never changed in place, so that a copy costs nothing. A block that is not there is a hole.</summary>
internal sealed record SparseContent(long Length, int BlockSize, ImmutableSortedDictionary<long, byte[]> Blocks)
{
    public static SparseContent Empty(long length, int blockSize) => new(length, blockSize, ImmutableSortedDictionary<long, byte[]>.Empty);

    public SparseContent Write(long offset, ReadOnlySpan<byte> data)
    {
        CheckRange(offset, data.Length);
        ImmutableSortedDictionary<long, byte[]>.Builder blocks = Blocks.ToBuilder();
        while (!data.IsEmpty)
        {
            long index = offset / BlockSize;
            int within = (int)(offset % BlockSize);
            int count = Math.Min(BlockSize - within, data.Length);
            byte[] block = CopyOf(blocks, index);
            data[..count].CopyTo(block.AsSpan(within));
            blocks[index] = block;
            data = data[count..];
            offset += count;
        }

        return this with { Blocks = blocks.ToImmutable() };
    }

    /// <summary>Makes a range read as zeroes; blocks that lie wholly in it become holes.</summary>
    public SparseContent Punch(long offset, long length)
    {
        CheckRange(offset, length);
        long end = offset + length;
        ImmutableSortedDictionary<long, byte[]>.Builder blocks = Blocks.ToBuilder();
        foreach (long index in IndexesBetween(offset / BlockSize, CeilingBlock(end)))
        {
            long blockStart = index * BlockSize;
            long blockEnd = Math.Min(blockStart + BlockSize, Length);
            if (offset <= blockStart && end >= blockEnd)
            {
                blocks.Remove(index);
                continue;
            }

            byte[] block = CopyOf(blocks, index);
            int from = (int)(Math.Max(offset, blockStart) - blockStart);
            int to = (int)(Math.Min(end, blockEnd) - blockStart);
            block.AsSpan(from, to - from).Clear();
            blocks[index] = block;
        }

        return this with { Blocks = blocks.ToImmutable() };
    }

    /// <summary>Cuts or grows; a grown range is a hole, and what was cut does not come back.</summary>
    public SparseContent Resize(long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        SparseContent cut = length < Length ? Punch(length, Length - length) : this;
        return cut with { Length = length };
    }

    public void Read(long offset, Span<byte> destination)
    {
        CheckRange(offset, destination.Length);
        while (!destination.IsEmpty)
        {
            int within = (int)(offset % BlockSize);
            int count = Math.Min(BlockSize - within, destination.Length);
            if (Blocks.TryGetValue(offset / BlockSize, out byte[]? block))
            {
                block.AsSpan(within, count).CopyTo(destination);
            }
            else
            {
                destination[..count].Clear();
            }

            destination = destination[count..];
            offset += count;
        }
    }

    public static bool IsZero(ReadOnlySpan<byte> bytes) => !bytes.ContainsAnyExcept((byte)0);

    public long CeilingBlock(long offset) => (offset / BlockSize) + (offset % BlockSize == 0 ? 0 : 1);

    private IEnumerable<long> IndexesBetween(long first, long end)
    {
        // A short range is looked up block by block, a long one by going through the blocks that there are.
        if (end - first <= Blocks.Count)
        {
            for (long index = first; index < end; index++)
            {
                if (Blocks.ContainsKey(index))
                {
                    yield return index;
                }
            }

            yield break;
        }

        foreach (long index in Blocks.Keys)
        {
            if (index >= end)
            {
                yield break;
            }

            if (index >= first)
            {
                yield return index;
            }
        }
    }

    private byte[] CopyOf(ImmutableSortedDictionary<long, byte[]>.Builder blocks, long index)
        => blocks.TryGetValue(index, out byte[]? block) ? (byte[])block.Clone() : new byte[BlockSize];

    private void CheckRange(long offset, long length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
    }
}
