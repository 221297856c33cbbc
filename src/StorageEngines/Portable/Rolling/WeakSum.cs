using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace StorageEngines.Portable.Rolling;

/// <summary>
/// rsync's rolling checksum of a block, with all bits kept: <c>A</c> is the sum of its bytes, <c>B</c> the sum of each byte times its distance from the
/// block's end, both modulo 2^32. It only says where to look: whether bytes are equal is always found by comparing them.
/// </summary>
internal readonly record struct WeakSum(uint A, uint B)
{
    /// <summary>Where a sum falls in a filter of <c>2^(32 - shift)</c> bits.</summary>
    internal static uint Hash(uint a, uint b) => unchecked(((a << 19) ^ b) * Multiplier);

    internal const uint Multiplier = 0x9E3779B1;

    private const int Lane = 32;

    /// <summary>The sum of a block.</summary>
    internal static WeakSum Of(ReadOnlySpan<byte> block) => Avx2.IsSupported && block.Length >= Lane ? OfVectors(block) : OfBytes(block, 0, 0);

    /// <summary>Moves a sum one byte on.</summary>
    /// <param name="length">The block's length.</param>
    /// <param name="leaves">The first byte, which leaves.</param>
    /// <param name="enters">The byte behind the block, which enters.</param>
    internal WeakSum Roll(int length, byte leaves, byte enters)
    {
        unchecked
        {
            uint a = A + enters - leaves;
            return new WeakSum(a, B + a - ((uint)length * leaves));
        }
    }

    private static WeakSum OfBytes(ReadOnlySpan<byte> bytes, uint a, uint b)
    {
        unchecked
        {
            foreach (byte value in bytes)
            {
                a += value;
                b += a;
            }
        }

        return new WeakSum(a, b);
    }

    private static WeakSum OfVectors(ReadOnlySpan<byte> block)
    {
        ref byte start = ref MemoryMarshal.GetReference(block);
        Vector256<sbyte> weights = Vector256.CreateSequence((sbyte)Lane, (sbyte)-1);
        Vector256<short> ones = Vector256<short>.One;
        Vector256<uint> sum = Vector256<uint>.Zero;
        Vector256<uint> before = Vector256<uint>.Zero;
        Vector256<int> weighted = Vector256<int>.Zero;
        int at = 0;
        for (; at <= block.Length - Lane; at += Lane)
        {
            Vector256<byte> bytes = Vector256.LoadUnsafe(ref start, (nuint)at);
            before += sum;
            sum += Avx2.SumAbsoluteDifferences(bytes, Vector256<byte>.Zero).AsUInt32();
            weighted += Avx2.MultiplyAddAdjacent(Avx2.MultiplyAddAdjacent(bytes, weights), ones);
        }

        uint b = unchecked((uint)Vector256.Sum(weighted) + ((uint)Lane * Vector256.Sum(before)));
        return OfBytes(block[at..], Vector256.Sum(sum), b);
    }
}
