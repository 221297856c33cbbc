using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace StorageEngines.Zfs.Streams;

/// <summary>
/// Fletcher-4, the checksum of send streams: four sums of 64 bits over words of 32 bits, each the sum of the one before it. It goes on from call to call;
/// bytes after the last whole word of a call are left out, as ZFS does. Mutable; not thread-safe.
/// </summary>
internal struct Fletcher4
{
    /// <summary>Words taken at once by the vector way: so few that no factor below overflows.</summary>
    private const int MostWords = 1 << 16;

    private const int Lanes = 4;

    /// <summary>The sum of the words.</summary>
    internal ulong A;

    /// <summary>The sum of the sums in <see cref="A"/>.</summary>
    internal ulong B;

    /// <summary>The sum of the sums in <see cref="B"/>.</summary>
    internal ulong C;

    /// <summary>The sum of the sums in <see cref="C"/>.</summary>
    internal ulong D;

    /// <summary>Nothing was added yet, or only zeroes.</summary>
    internal readonly bool IsZero => (A | B | C | D) == 0;

    /// <summary>Adds bytes.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="swapped">The words are in the other byte order than this machine's.</param>
    internal void Add(ReadOnlySpan<byte> bytes, bool swapped)
    {
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(bytes);
        while (Vector256.IsHardwareAccelerated && words.Length >= Lanes)
        {
            int count = Math.Min(words.Length, MostWords) & -Lanes;
            AddVectors(words[..count], swapped);
            words = words[count..];
        }

        AddScalar(words, swapped);
    }

    /// <summary>The plain way, for machines without vectors, the last words, and to test the other against.</summary>
    internal void AddScalar(ReadOnlySpan<uint> words, bool swapped)
    {
        unchecked
        {
            (ulong a, ulong b, ulong c, ulong d) = (A, B, C, D);
            foreach (uint word in words)
            {
                a += swapped ? BinaryPrimitives.ReverseEndianness(word) : word;
                b += a;
                c += b;
                d += c;
            }

            (A, B, C, D) = (a, b, c, d);
        }
    }

    /// <summary>The sums are equal.</summary>
    internal readonly bool Equals(in Fletcher4 other) => A == other.A && B == other.B && C == other.C && D == other.D;

    /// <inheritdoc/>
    public override readonly string ToString() => $"{A:x}/{B:x}/{C:x}/{D:x}";

    // Four lanes, each with every fourth word; a multiple of four words.
    private void AddVectors(ReadOnlySpan<uint> words, bool swapped)
    {
        unchecked
        {
            Vector256<ulong> a = default, b = default, c = default, d = default;
            ref uint first = ref MemoryMarshal.GetReference(words);
            Vector128<byte> order = Vector128.Create((byte)3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
            if (swapped)
            {
                for (nuint at = 0; at < (nuint)words.Length; at += Lanes)
                {
                    Vector128<uint> four = Vector128.Shuffle(Vector128.LoadUnsafe(ref first, at).AsByte(), order).AsUInt32();
                    a += Vector256.Create(Vector128.WidenLower(four), Vector128.WidenUpper(four));
                    b += a;
                    c += b;
                    d += c;
                }
            }
            else
            {
                for (nuint at = 0; at < (nuint)words.Length; at += Lanes)
                {
                    a += Vector256.WidenLower(Vector128.LoadUnsafe(ref first, at).ToVector256Unsafe());
                    b += a;
                    c += b;
                    d += c;
                }
            }

            Continue((ulong)words.Length, Join(a, b, c, d));
        }
    }

    // What the lanes' sums are as sums over all words in their order. With word i = 4k + j in lane j, a word that has n words from itself to the end counts
    // n in B, n(n+1)/2 in C and n(n+1)(n+2)/6 in D, while its lane, in which it has m = (n + j) / 4 from itself to the end, gave it m, m(m+1)/2 and so on; so n = 4m - j.
    private static Fletcher4 Join(Vector256<ulong> a, Vector256<ulong> b, Vector256<ulong> c, Vector256<ulong> d)
    {
        unchecked
        {
            var all = default(Fletcher4);
            all.A = Vector256.Sum(a);
            all.B = (4 * Vector256.Sum(b)) - Dot(a, 0, 1, 2, 3);
            all.C = (16 * Vector256.Sum(c)) - Dot(b, 6, 10, 14, 18) + Dot(a, 0, 0, 1, 3);
            all.D = (64 * Vector256.Sum(d)) - Dot(c, 48, 64, 80, 96) + Dot(b, 4, 10, 20, 34) - Dot(a, 0, 0, 0, 1);
            return all;
        }
    }

    private static ulong Dot(Vector256<ulong> sums, ulong first, ulong second, ulong third, ulong fourth)
        => unchecked((sums[0] * first) + (sums[1] * second) + (sums[2] * third) + (sums[3] * fourth));

    // Appends words of which the sums are known: what was there before is summed up again once for each of them.
    private void Continue(ulong words, in Fletcher4 next)
    {
        unchecked
        {
            ulong twice = words * (words + 1) / 2, thrice = words * (words + 1) / 2 * (words + 2) / 3;
            D += (words * C) + (twice * B) + (thrice * A) + next.D;
            C += (words * B) + (twice * A) + next.C;
            B += (words * A) + next.B;
            A += next.A;
        }
    }
}
