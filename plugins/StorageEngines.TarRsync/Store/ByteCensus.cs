using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StorageEngines.TarRsync.Store;

/// <summary>Tells by how often each byte occurs whether an entropy coder can shorten a sample.</summary>
internal static class ByteCensus
{
    private const int Values = 256;

    /// <summary>
    /// Whether some bytes are so much more frequent than others that a sixteenth can be saved. Bytes of which a sixteenth can be saved have an entropy of at most 7.5 bits, so that
    /// the squares of the frequencies sum up to 2^-7.5 at least, which is 1.41 times what bytes without any order have.
    /// </summary>
    [SkipLocalsInit]
    internal static bool IsUneven(ReadOnlySpan<byte> sample)
    {
        // Four counters for each byte: a run of one byte would wait for each of its own additions.
        Span<ushort> counts = stackalloc ushort[4 * Values];
        counts.Clear();
        sample = sample[..Math.Min(sample.Length, ushort.MaxValue)];
        ref ushort first = ref MemoryMarshal.GetReference(counts);
        ReadOnlySpan<uint> words = MemoryMarshal.Cast<byte, uint>(sample);
        unchecked
        {
            foreach (uint word in words)
            {
                Unsafe.Add(ref first, (byte)word)++;
                Unsafe.Add(ref first, Values + (byte)(word >> 8))++;
                Unsafe.Add(ref first, (2 * Values) + (byte)(word >> 16))++;
                Unsafe.Add(ref first, (3 * Values) + (byte)(word >> 24))++;
            }
        }
        foreach (byte value in sample[(words.Length * 4)..])
            counts[value]++;
        long squares = 0;
        for (int i = 0; i < Values; i++)
        {
            long count = counts[i] + counts[Values + i] + counts[(2 * Values) + i] + counts[(3 * Values) + i];
            squares += count * count;
        }
        // Without any order the sum is about length + length^2 / 256.
        return squares > sample.Length + ((long)sample.Length * sample.Length * 13 / (10 * Values));
    }
}
