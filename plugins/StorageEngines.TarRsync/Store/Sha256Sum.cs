using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// SHA-256 of records, headers and other small things. The system's library hashes five times as fast, but to load it takes 8 ms, a tenth of a short command: the first few
/// small things of a process are hashed here, and all else there.
/// </summary>
/// <remarks>FIPS 180-4. Safe for use by several threads.</remarks>
internal static class Sha256Sum
{
    /// <summary>The length of a sum in bytes.</summary>
    internal const int Size = 32;

    /// <summary>The longest text that is hashed here, and how many bytes in all, before the library is worth its loading.</summary>
    internal const int MostAtOnce = 4096, MostInAll = 128 << 10;

    private const int Block = 64;

    private static readonly uint[] Start = [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];

    private static readonly uint[] Rounds =
    [
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    ];

    private static int _done;

    /// <summary>The sum of two texts, one behind the other.</summary>
    /// <param name="first">The first text.</param>
    /// <param name="second">The second one; may be empty.</param>
    /// <param name="destination">Takes <see cref="Size"/> bytes.</param>
    internal static void Of(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination)
    {
        if (_done < MostInAll && (long)first.Length + second.Length <= MostAtOnce)
        {
            // Threads may lose some of the count: it need not be right.
            _done += first.Length + second.Length;
            Span<byte> text = stackalloc byte[MostAtOnce + (2 * Block)];
            first.CopyTo(text);
            second.CopyTo(text[first.Length..]);
            Here(text, first.Length + second.Length, destination);
            return;
        }

        if (second.IsEmpty)
        {
            SHA256.HashData(first, destination);
            return;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(first);
        hash.AppendData(second);
        hash.GetHashAndReset(destination);
    }

    /// <summary>The sum of a text by the code here. The room behind the text is overwritten.</summary>
    /// <param name="room">The text and 128 bytes more.</param>
    /// <param name="length">The text's length.</param>
    /// <param name="destination">Takes <see cref="Size"/> bytes.</param>
    internal static void Here(Span<byte> room, int length, Span<byte> destination)
    {
        int padded = ((length + 8) / Block * Block) + Block;
        room[length..padded].Clear();
        room[length] = 0x80;
        BinaryPrimitives.WriteInt64BigEndian(room[(padded - 8)..], (long)length * 8);
        Span<uint> state = stackalloc uint[8];
        Start.CopyTo(state);
        Span<uint> words = stackalloc uint[64];
        for (int at = 0; at < padded; at += Block)
        {
            Mix(room.Slice(at, Block), words, state);
        }

        for (int i = 0; i < 8; i++)
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination[(4 * i)..], state[i]);
        }
    }

    private static void Mix(ReadOnlySpan<byte> block, Span<uint> words, Span<uint> state)
    {
        unchecked
        {
            for (int i = 0; i < 16; i++)
            {
                words[i] = BinaryPrimitives.ReadUInt32BigEndian(block[(4 * i)..]);
            }

            for (int i = 16; i < 64; i++)
            {
                uint low = words[i - 15], high = words[i - 2];
                words[i] = words[i - 16] + words[i - 7]
                    + (BitOperations.RotateRight(low, 7) ^ BitOperations.RotateRight(low, 18) ^ (low >> 3))
                    + (BitOperations.RotateRight(high, 17) ^ BitOperations.RotateRight(high, 19) ^ (high >> 10));
            }

            uint a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
            for (int i = 0; i < 64; i++)
            {
                uint one = h + (BitOperations.RotateRight(e, 6) ^ BitOperations.RotateRight(e, 11) ^ BitOperations.RotateRight(e, 25)) + ((e & f) ^ (~e & g)) + Rounds[i] + words[i];
                uint two = (BitOperations.RotateRight(a, 2) ^ BitOperations.RotateRight(a, 13) ^ BitOperations.RotateRight(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
                (h, g, f, e, d, c, b, a) = (g, f, e, d + one, c, b, a, one + two);
            }

            (state[0], state[1], state[2], state[3]) = (state[0] + a, state[1] + b, state[2] + c, state[3] + d);
            (state[4], state[5], state[6], state[7]) = (state[4] + e, state[5] + f, state[6] + g, state[7] + h);
        }
    }
}
