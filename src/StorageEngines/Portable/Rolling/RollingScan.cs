using System.Numerics;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StorageEngines.Portable.Rolling;

/// <summary>
/// Rolls a checksum over bytes and notes where a filter lets it pass. Eight positions at a time: the differences of the bytes that enter and leave are summed
/// up within a register, so that no position waits for the one before it.
/// </summary>
internal static class RollingScan
{
    private const int Step = 8;

    /// <summary>Tries windows of one length at one byte after the other.</summary>
    /// <param name="data">The bytes.</param>
    /// <param name="length">The window's length; a power of two.</param>
    /// <param name="from">Where the first window begins in <paramref name="data"/>.</param>
    /// <param name="sum">The first window's sum; on return that of the window where the next call goes on.</param>
    /// <param name="filter">2^n words; a hash may be among those that are looked for if both of its bits (<see cref="Mask"/>) are set in its word.</param>
    /// <param name="hits">Where to note the windows that passed; tells how many there may be.</param>
    /// <param name="count">How many passed.</param>
    /// <returns>Where the next call goes on: behind the last window, or earlier if there may be too many hits.</returns>
    internal static int Run(ReadOnlySpan<byte> data, int length, int from, ref WeakSum sum, ReadOnlySpan<uint> filter, Span<RollingHit> hits, out int count)
    {
        count = 0;
        int last = data.Length - length; // the last window's start
        int at = from;
        if (Avx2.IsSupported)
        {
            at = RunVectors(data, length, at, ref sum, filter, hits, ref count);
        }

        int shift = Shift(filter);
        while (at <= last && count < hits.Length)
        {
            uint hash = WeakSum.Hash(sum.A, sum.B);
            uint mask = Mask(hash);
            if ((filter[(int)(hash >> shift)] & mask) == mask)
            {
                hits[count++] = new RollingHit(at, sum);
            }

            if (at < last)
            {
                sum = sum.Roll(length, data[at], data[at + length]);
            }

            at++;
        }

        return at;
    }

    /// <summary>By how many bits a hash is shifted to be the index of its word.</summary>
    internal static int Shift(ReadOnlySpan<uint> filter) => 32 - BitOperations.Log2((uint)filter.Length);

    /// <summary>The bits that a hash has in its word. They are not those that choose the word, as long as it has at most 2^22 of them.</summary>
    internal static uint Mask(uint hash) => 1u << (int)(hash & 31) | 1u << (int)(hash >> 5 & 31);

    // Stops where a whole step, or room for its hits, is no longer there. The byte behind the last window of a step enters, so it has to be there too.
    private static unsafe int RunVectors(
        ReadOnlySpan<byte> data, int length, int at, ref WeakSum sum, ReadOnlySpan<uint> filter, Span<RollingHit> hits, ref int count)
    {
        int end = data.Length - length - Step;
        int room = hits.Length - Step;
        Vector128<uint> shift = Vector128.CreateScalar((uint)Shift(filter));
        Vector128<uint> times = Vector128.CreateScalar((uint)BitOperations.Log2((uint)length));
        Vector256<uint> back = Vector256.Create(0u, 0, 1, 2, 3, 4, 5, 6);
        Vector256<uint> a0 = Vector256.Create(sum.A);
        Vector256<uint> b0 = Vector256.Create(sum.B);
        fixed (byte* bytes = data)
        fixed (uint* bits = filter)
        {
            for (; at <= end && count <= room; at += Step)
            {
                Vector256<uint> leaves = Avx2.ConvertToVector256Int32(bytes + at).AsUInt32();
                Vector256<uint> enters = Avx2.ConvertToVector256Int32(bytes + at + length).AsUInt32();
                Vector256<uint> a1 = a0 + Prefix(enters - leaves); // the sums one byte further on
                Vector256<uint> b1 = b0 + Prefix(a1 - Avx2.ShiftLeftLogical(leaves, times));
                Vector256<uint> a = Before(a1, a0, back);
                Vector256<uint> b = Before(b1, b0, back);
                Vector256<uint> hash = (Avx2.ShiftLeftLogical(a, 19) ^ b) * Vector256.Create(WeakSum.Multiplier);
                Vector256<uint> words = Avx2.GatherVector256(bits, Avx2.ShiftRightLogical(hash, shift).AsInt32(), sizeof(uint));
                Vector256<uint> mask = Bit(hash) | Bit(Avx2.ShiftRightLogical(hash, 5));
                uint passed = Vector256.Equals(words & mask, mask).ExtractMostSignificantBits();
                if (passed != 0)
                {
                    Note(passed, at, a, b, hits, ref count);
                }

                a0 = Last(a1);
                b0 = Last(b1);
            }
        }

        sum = new WeakSum(a0.ToScalar(), b0.ToScalar());
        return at;
    }

    private static void Note(uint passed, int at, Vector256<uint> a, Vector256<uint> b, Span<RollingHit> hits, ref int count)
    {
        for (; passed != 0; passed &= passed - 1)
        {
            int lane = BitOperations.TrailingZeroCount(passed);
            hits[count++] = new RollingHit(at + lane, new WeakSum(a.GetElement(lane), b.GetElement(lane)));
        }
    }

    private static Vector256<uint> Bit(Vector256<uint> number)
        => Avx2.ShiftLeftLogicalVariable(Vector256<uint>.One, number & Vector256.Create(31u));

    /// <summary>Each lane becomes the sum of all up to it.</summary>
    private static Vector256<uint> Prefix(Vector256<uint> values)
    {
        values += Avx2.ShiftLeftLogical128BitLane(values, 4);
        values += Avx2.ShiftLeftLogical128BitLane(values, 8);
        Vector256<uint> lower = Avx2.PermuteVar8x32(values, Vector256.Create(3u));
        return values + Avx2.Blend(Vector256<uint>.Zero, lower, 0xF0);
    }

    /// <summary>The values of the positions themselves: those one byte further on, moved back by a lane.</summary>
    private static Vector256<uint> Before(Vector256<uint> next, Vector256<uint> first, Vector256<uint> back)
        => Avx2.Blend(Avx2.PermuteVar8x32(next, back), first, 0x01);

    private static Vector256<uint> Last(Vector256<uint> values) => Avx2.PermuteVar8x32(values, Vector256.Create(7u));
}
