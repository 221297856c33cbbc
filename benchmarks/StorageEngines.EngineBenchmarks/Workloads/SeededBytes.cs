using System.Buffers.Binary;

namespace StorageEngines.EngineBenchmarks.Workloads;

/// <summary>Bytes that a seed decides, fast enough not to be waited for. SplitMix64; does not compress.</summary>
internal static class SeededBytes
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>Fills a buffer.</summary>
    public static void Fill(Span<byte> buffer, ulong seed)
    {
        unchecked
        {
            ulong state = Mix(seed + Golden);
            while (buffer.Length >= sizeof(ulong))
            {
                state += Golden;
                BinaryPrimitives.WriteUInt64LittleEndian(buffer, Mix(state));
                buffer = buffer[sizeof(ulong)..];
            }

            ulong rest = Mix(state + Golden);
            for (int i = 0; i < buffer.Length; i++)
            {
                buffer[i] = (byte)(rest >> (8 * i));
            }
        }
    }

    /// <summary>One seed of two or three numbers.</summary>
    public static ulong Seed(ulong first, ulong second, ulong third = 0) => unchecked(Mix(Mix(first + Golden) ^ Mix(second + (2 * Golden)) ^ Mix(third + (3 * Golden))));

    /// <summary>Different numbers below a bound, in the order drawn.</summary>
    public static IReadOnlyList<int> Draw(Random random, int count, int below)
    {
        var drawn = new List<int>(count);
        var seen = new HashSet<int>();
        while (drawn.Count < count)
        {
            int one = random.Next(below);
            if (seen.Add(one))
            {
                drawn.Add(one);
            }
        }

        return drawn;
    }

    private static ulong Mix(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
