using System.Numerics;

namespace StorageEngines.Portable.Rolling;

/// <summary>
/// Where blocks of the base are, by their checksum: a filter with two bits for each, small enough to stay in the second-level cache, and behind it a table of open
/// addressing. Of equal blocks the first one is kept.
/// </summary>
/// <remarks>Not safe for use while it is filled; then for any number of readers.</remarks>
internal sealed class SumIndex
{
    private const int SmallestFilterBits = 1 << 12;
    private const int CheapFilterBits = 1 << 23; // 1 MiB
    private const int LargestFilterBits = 1 << 27;
    private readonly uint[] _filter;
    private readonly Slot[] _slots;
    private int _count;

    /// <summary>Makes an index.</summary>
    /// <param name="length">The blocks' length.</param>
    /// <param name="capacity">How many blocks there may be at most.</param>
    internal SumIndex(int length, int capacity)
    {
        Length = length;
        Capacity = capacity;
        long wanted = Math.Clamp(64L * capacity, SmallestFilterBits, Math.Clamp(16L * capacity, CheapFilterBits, LargestFilterBits));
        _filter = new uint[BitOperations.RoundUpToPowerOf2((ulong)wanted) / 32];
        _slots = new Slot[BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, capacity * 2))];
    }

    /// <summary>The blocks' length in bytes.</summary>
    internal int Length { get; }

    internal int Capacity { get; }

    /// <summary>What <see cref="RollingScan"/> looks into.</summary>
    internal ReadOnlySpan<uint> Filter => _filter;

    /// <summary>Forgets everything.</summary>
    internal void Clear()
    {
        Array.Clear(_filter);
        Array.Clear(_slots);
        _count = 0;
    }

    /// <summary>Adds a block, unless one with its checksum is there or the index is full.</summary>
    internal void Add(WeakSum sum, long offset)
    {
        if (_count >= Capacity)
        {
            return;
        }

        uint hash = WeakSum.Hash(sum.A, sum.B);
        uint slot = Start(sum);
        for (; _slots[slot].Place != 0; slot = Next(slot))
        {
            if (_slots[slot].Sum == sum)
            {
                return;
            }
        }

        _slots[slot] = new Slot(sum, offset + 1);
        _count++;
        _filter[hash >> RollingScan.Shift(_filter)] |= RollingScan.Mask(hash);
    }

    /// <summary>Where a block with this checksum begins, or -1.</summary>
    internal long Find(WeakSum sum)
    {
        for (uint slot = Start(sum); _slots[slot].Place != 0; slot = Next(slot))
        {
            if (_slots[slot].Sum == sum)
            {
                return _slots[slot].Place - 1;
            }
        }

        return -1;
    }

    private uint Start(WeakSum sum) => unchecked((((sum.A * 0x85EBCA6Bu) ^ sum.B) * 0xC2B2AE35u) >> 7) & (uint)(_slots.Length - 1);

    private uint Next(uint slot) => (slot + 1) & (uint)(_slots.Length - 1);

    /// <summary>A block; the place is its offset plus one, so that 0 is free.</summary>
    private readonly record struct Slot(WeakSum Sum, long Place);
}
