using System.Buffers.Binary;
using System.Numerics;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Store;

/// <summary>The part of XXH3-128 for up to 240 bytes, with a secret and the seed 0, and what both parts share.</summary>
internal static class Xxh3Short
{
    /// <summary>The longest input that is hashed here, in bytes: 240.</summary>
    internal const int Longest = 240;

    internal const uint Prime32A = 0x9E3779B1;
    internal const uint Prime32B = 0x85EBCA77;
    internal const uint Prime32C = 0xC2B2AE3D;
    internal const ulong PrimeA = 0x9E3779B185EBCA87;
    internal const ulong PrimeB = 0xC2B2AE3D27D4EB4F;
    internal const ulong PrimeC = 0x165667B19E3779F9;
    internal const ulong PrimeD = 0x85EBCA77C2B2AE63;
    internal const ulong PrimeE = 0x27D4EB2F165667C5;
    private const ulong MixA = 0x165667919E3779F9;
    private const ulong MixB = 0x9FB21C651E98DF25;

    /// <summary>Hashes.</summary>
    internal static Sum128 Hash(ReadOnlySpan<byte> data, ReadOnlySpan<byte> secret) => data.Length switch
    {
        0 => new Sum128(Old(Word(secret, 80) ^ Word(secret, 88)), Old(Word(secret, 64) ^ Word(secret, 72))),
        <= 3 => UpTo3(data, secret),
        <= 8 => UpTo8(data, secret),
        <= 16 => UpTo16(data, secret),
        <= 128 => UpTo128(data, secret),
        _ => UpTo240(data, secret),
    };

    /// <summary>The two halves of a 128-bit product, one over the other.</summary>
    internal static ulong FoldedProduct(ulong a, ulong b)
    {
        ulong high = Math.BigMul(a, b, out ulong low);
        return high ^ low;
    }

    /// <summary>Spreads each bit over all others.</summary>
    internal static ulong Avalanche(ulong hash)
    {
        hash = unchecked((hash ^ (hash >> 37)) * MixA);
        return hash ^ (hash >> 32);
    }

    private static Sum128 UpTo3(ReadOnlySpan<byte> data, ReadOnlySpan<byte> secret)
    {
        uint low = ((uint)data[0] << 16) | ((uint)data[data.Length >> 1] << 24) | data[^1] | ((uint)data.Length << 8);
        uint high = BitOperations.RotateLeft(BinaryPrimitives.ReverseEndianness(low), 13);
        return new Sum128(Old(high ^ (ulong)(Half(secret, 8) ^ Half(secret, 12))), Old(low ^ (ulong)(Half(secret, 0) ^ Half(secret, 4))));
    }

    private static Sum128 UpTo8(ReadOnlySpan<byte> data, ReadOnlySpan<byte> secret)
    {
        ulong input = Half(data, 0) + ((ulong)Half(data, data.Length - 4) << 32);
        ulong keyed = input ^ Word(secret, 16) ^ Word(secret, 24);
        ulong high = Math.BigMul(keyed, unchecked(PrimeA + ((ulong)data.Length << 2)), out ulong low);
        unchecked
        {
            high += low << 1;
            low ^= high >> 3;
            low = (low ^ (low >> 35)) * MixB;
            low ^= low >> 28;
        }
        return new Sum128(Avalanche(high), low);
    }

    private static Sum128 UpTo16(ReadOnlySpan<byte> data, ReadOnlySpan<byte> secret)
    {
        ulong first = Word(data, 0);
        ulong last = Word(data, data.Length - 8);
        ulong high = Math.BigMul(first ^ last ^ Word(secret, 32) ^ Word(secret, 40), PrimeA, out ulong low);
        unchecked
        {
            low += (ulong)(data.Length - 1) << 54;
            last ^= Word(secret, 48) ^ Word(secret, 56);
            high += last + ((uint)last * (ulong)(Prime32B - 1));
            low ^= BinaryPrimitives.ReverseEndianness(high);
            ulong top = Math.BigMul(low, PrimeB, out ulong bottom);
            return new Sum128(Avalanche(top + (high * PrimeB)), Avalanche(bottom));
        }
    }

    private static Sum128 UpTo128(ReadOnlySpan<byte> data, ReadOnlySpan<byte> secret)
    {
        ulong low = unchecked((ulong)data.Length * PrimeA), high = 0;
        for (int i = (data.Length - 1) / 32; i >= 0; i--)
            Mix(ref low, ref high, data[(16 * i)..], data[(data.Length - (16 * (i + 1)))..], secret[(32 * i)..]);
        return Finish(low, high, data.Length);
    }

    private static Sum128 UpTo240(ReadOnlySpan<byte> data, ReadOnlySpan<byte> secret)
    {
        ulong low = unchecked((ulong)data.Length * PrimeA), high = 0;
        for (int i = 0; i < 4; i++)
            Mix(ref low, ref high, data[(32 * i)..], data[((32 * i) + 16)..], secret[(32 * i)..]);
        (low, high) = (Avalanche(low), Avalanche(high));
        for (int i = 4; i < data.Length / 32; i++)
            Mix(ref low, ref high, data[(32 * i)..], data[((32 * i) + 16)..], secret[(3 + (32 * (i - 4)))..]);
        Mix(ref low, ref high, data[^16..], data[^32..], secret[103..]);
        return Finish(low, high, data.Length);
    }

    private static void Mix(ref ulong low, ref ulong high, ReadOnlySpan<byte> a, ReadOnlySpan<byte> b, ReadOnlySpan<byte> secret)
    {
        unchecked
        {
            low += FoldedProduct(Word(a, 0) ^ Word(secret, 0), Word(a, 8) ^ Word(secret, 8));
            low ^= Word(b, 0) + Word(b, 8);
            high += FoldedProduct(Word(b, 0) ^ Word(secret, 16), Word(b, 8) ^ Word(secret, 24));
            high ^= Word(a, 0) + Word(a, 8);
        }
    }

    private static Sum128 Finish(ulong low, ulong high, int length)
    {
        unchecked
        {
            ulong other = (low * PrimeA) + (high * PrimeD) + ((ulong)length * PrimeB);
            return new Sum128(0 - Avalanche(other), Avalanche(low + high));
        }
    }

    // The final mix of XXH64, which XXH3 has kept for the shortest inputs.
    private static ulong Old(ulong hash)
    {
        hash = unchecked((hash ^ (hash >> 33)) * PrimeB);
        hash = unchecked((hash ^ (hash >> 29)) * PrimeC);
        return hash ^ (hash >> 32);
    }

    private static ulong Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[at..]);

    private static uint Half(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);
}
