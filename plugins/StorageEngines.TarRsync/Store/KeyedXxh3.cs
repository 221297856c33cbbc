using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// XXH3-128 with a secret of 192 bytes in place of the public one, for input of any length (the specification's variant "with secret"). It tells that a block has
/// NOT changed, many times faster than SHA-256; what is new gets its SHA-256. Immutable and safe for several threads.
/// </summary>
internal sealed class KeyedXxh3
{
    /// <summary>Bytes of the secret: 192.</summary>
    internal const int SecretLength = 192;

    /// <summary>Bytes of a hash in stored objects: 16, the high half first, big-endian.</summary>
    internal const int HashLength = 16;

    private const int Stripe = 64;
    private const int StripesPerBlock = (SecretLength - Stripe) / 8;
    private const int BlockLength = Stripe * StripesPerBlock;
    private const int LastSecret = SecretLength - Stripe - 7;
    private readonly byte[] _secret;

    /// <summary>Makes a hash.</summary>
    /// <param name="secret">192 bytes; random ones are a key.</param>
    internal KeyedXxh3(ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(secret.Length, SecretLength);
        _secret = secret.ToArray();
    }

    /// <summary>Hashes.</summary>
    internal Sum128 Hash(ReadOnlySpan<byte> data) => data.Length <= Xxh3Short.Longest ? Xxh3Short.Hash(data, _secret) : Long(data);

    /// <summary>The same without vector instructions; for tests.</summary>
    internal Sum128 HashScalar(ReadOnlySpan<byte> data)
    {
        if (data.Length <= Xxh3Short.Longest)
            return Xxh3Short.Hash(data, _secret);
        Span<ulong> sums = stackalloc ulong[8];
        Begin(sums);
        Walk(ref MemoryMarshal.GetReference(data), data.Length, sums, vectors: false);
        return Finish(sums, data.Length);
    }

    private Sum128 Long(ReadOnlySpan<byte> data)
    {
        Span<ulong> sums = stackalloc ulong[8];
        Begin(sums);
        Walk(ref MemoryMarshal.GetReference(data), data.Length, sums, vectors: true);
        return Finish(sums, data.Length);
    }

    private static void Begin(Span<ulong> sums)
    {
        sums[0] = Xxh3Short.Prime32C;
        sums[1] = Xxh3Short.PrimeA;
        sums[2] = Xxh3Short.PrimeB;
        sums[3] = Xxh3Short.PrimeC;
        sums[4] = Xxh3Short.PrimeD;
        sums[5] = Xxh3Short.Prime32B;
        sums[6] = Xxh3Short.PrimeE;
        sums[7] = Xxh3Short.Prime32A;
    }

    private Sum128 Finish(ReadOnlySpan<ulong> sums, int length)
    {
        ulong low = Merge(sums, 11, unchecked((ulong)length * Xxh3Short.PrimeA));
        ulong high = Merge(sums, SecretLength - Stripe - 11, ~unchecked((ulong)length * Xxh3Short.PrimeB));
        return new Sum128(high, low);
    }

    private ulong Merge(ReadOnlySpan<ulong> sums, int at, ulong start)
    {
        for (int i = 0; i < 4; i++)
        {
            start = unchecked(start + Xxh3Short.FoldedProduct(
                sums[2 * i] ^ BinaryPrimitives.ReadUInt64LittleEndian(_secret.AsSpan(at + (16 * i))),
                sums[(2 * i) + 1] ^ BinaryPrimitives.ReadUInt64LittleEndian(_secret.AsSpan(at + (16 * i) + 8))));
        }
        return Xxh3Short.Avalanche(start);
    }

    private void Walk(ref byte data, int length, Span<ulong> sums, bool vectors)
    {
        ref byte secret = ref MemoryMarshal.GetArrayDataReference(_secret);
        ref ulong sum = ref MemoryMarshal.GetReference(sums);
        int blocks = (length - 1) / BlockLength;
        int stripes = (length - 1 - (blocks * BlockLength)) / Stripe;
        if (vectors && Avx512F.IsSupported)
            Wide(ref data, length, blocks, stripes, ref secret, ref sum);
        else if (vectors && Avx2.IsSupported)
            Narrow(ref data, length, blocks, stripes, ref secret, ref sum);
        else
            Scalar(ref data, length, blocks, stripes, ref secret, ref sum);
    }

    // Compiled at once and in full: the first calls already hash gigabytes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Wide(ref byte data, int length, int blocks, int stripes, ref byte secret, ref ulong sums)
    {
        Vector512<ulong> sum = Vector512.LoadUnsafe(ref sums);
        Vector512<ulong> prime = Vector512.Create((ulong)Xxh3Short.Prime32A);
        nuint at = 0;
        for (int block = 0; block <= blocks; block++)
        {
            int count = block < blocks ? StripesPerBlock : stripes;
            for (nuint i = 0; i < (nuint)count; i++, at += Stripe)
                sum = Mix(sum, Vector512.LoadUnsafe(ref data, at).AsUInt64(), Vector512.LoadUnsafe(ref secret, i * 8).AsUInt64());
            if (block == blocks)
                break;
            Vector512<ulong> mixed = sum ^ (sum >>> 47) ^ Vector512.LoadUnsafe(ref secret, SecretLength - Stripe).AsUInt64();
            Vector512<ulong> high = Avx512F.Multiply((mixed >>> 32).AsUInt32(), prime.AsUInt32());
            sum = Avx512F.Multiply(mixed.AsUInt32(), prime.AsUInt32()) + (high << 32);
        }
        sum = Mix(sum, Vector512.LoadUnsafe(ref data, (nuint)(length - Stripe)).AsUInt64(), Vector512.LoadUnsafe(ref secret, LastSecret).AsUInt64());
        sum.StoreUnsafe(ref sums);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Mix(Vector512<ulong> sum, Vector512<ulong> data, Vector512<ulong> secret)
    {
        Vector512<ulong> key = data ^ secret;
        Vector512<ulong> swapped = Avx512F.Shuffle(data.AsUInt32(), 0x4E).AsUInt64();
        return sum + swapped + Avx512F.Multiply(key.AsUInt32(), (key >>> 32).AsUInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow(ref byte data, int length, int blocks, int stripes, ref byte secret, ref ulong sums)
    {
        Vector256<ulong> left = Vector256.LoadUnsafe(ref sums);
        Vector256<ulong> right = Vector256.LoadUnsafe(ref sums, 4);
        nuint at = 0;
        for (int block = 0; block <= blocks; block++)
        {
            int count = block < blocks ? StripesPerBlock : stripes;
            for (nuint i = 0; i < (nuint)count; i++, at += Stripe)
            {
                left = Mix(left, Vector256.LoadUnsafe(ref data, at).AsUInt64(), Vector256.LoadUnsafe(ref secret, i * 8).AsUInt64());
                right = Mix(right, Vector256.LoadUnsafe(ref data, at + 32).AsUInt64(), Vector256.LoadUnsafe(ref secret, (i * 8) + 32).AsUInt64());
            }
            if (block == blocks)
                break;
            left = Scramble(left, Vector256.LoadUnsafe(ref secret, SecretLength - Stripe).AsUInt64());
            right = Scramble(right, Vector256.LoadUnsafe(ref secret, SecretLength - Stripe + 32).AsUInt64());
        }
        at = (nuint)(length - Stripe);
        left = Mix(left, Vector256.LoadUnsafe(ref data, at).AsUInt64(), Vector256.LoadUnsafe(ref secret, LastSecret).AsUInt64());
        right = Mix(right, Vector256.LoadUnsafe(ref data, at + 32).AsUInt64(), Vector256.LoadUnsafe(ref secret, LastSecret + 32).AsUInt64());
        left.StoreUnsafe(ref sums);
        right.StoreUnsafe(ref sums, 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Mix(Vector256<ulong> sum, Vector256<ulong> data, Vector256<ulong> secret)
    {
        Vector256<ulong> key = data ^ secret;
        Vector256<ulong> swapped = Avx2.Shuffle(data.AsUInt32(), 0x4E).AsUInt64();
        return sum + swapped + Avx2.Multiply(key.AsUInt32(), (key >>> 32).AsUInt32());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Scramble(Vector256<ulong> sum, Vector256<ulong> secret)
    {
        Vector256<uint> prime = Vector256.Create((ulong)Xxh3Short.Prime32A).AsUInt32();
        Vector256<ulong> mixed = sum ^ (sum >>> 47) ^ secret;
        return Avx2.Multiply(mixed.AsUInt32(), prime) + (Avx2.Multiply((mixed >>> 32).AsUInt32(), prime) << 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Scalar(ref byte data, int length, int blocks, int stripes, ref byte secret, ref ulong sums)
    {
        int at = 0;
        for (int block = 0; block <= blocks; block++)
        {
            int count = block < blocks ? StripesPerBlock : stripes;
            for (int i = 0; i < count; i++, at += Stripe)
                Mix(ref sums, ref Unsafe.Add(ref data, at), ref Unsafe.Add(ref secret, i * 8));
            for (int lane = 0; lane < 8 && block < blocks; lane++)
            {
                ref ulong sum = ref Unsafe.Add(ref sums, lane);
                sum = unchecked((sum ^ (sum >> 47) ^ Word(ref secret, SecretLength - Stripe + (lane * 8))) * Xxh3Short.Prime32A);
            }
        }
        Mix(ref sums, ref Unsafe.Add(ref data, length - Stripe), ref Unsafe.Add(ref secret, LastSecret));
    }

    private static void Mix(ref ulong sums, ref byte data, ref byte secret)
    {
        for (int lane = 0; lane < 8; lane++)
        {
            ulong value = Word(ref data, lane * 8);
            ulong key = value ^ Word(ref secret, lane * 8);
            unchecked
            {
                Unsafe.Add(ref sums, lane ^ 1) += value;
                Unsafe.Add(ref sums, lane) += (uint)key * (key >> 32);
            }
        }
    }

    private static ulong Word(ref byte bytes, int at)
    {
        ulong word = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref bytes, at));
        return BitConverter.IsLittleEndian ? word : BinaryPrimitives.ReverseEndianness(word);
    }
}
