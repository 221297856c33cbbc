using System.Numerics;
using System.Runtime.InteropServices;

namespace StorageEngines.Portable.Rolling;

/// <summary>Compares bytes of target and base.</summary>
internal static class RunCompare
{
    /// <summary>The shortest run that <see cref="FindEqual"/> is sure to find.</summary>
    internal const int SureRun = (2 * Probe) - 1;

    private const int Probe = 32;

    /// <summary>How many bytes at the end of both are equal.</summary>
    internal static int CommonSuffix(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        int length = Math.Min(one.Length, other.Length);
        one = one[^length..];
        other = other[^length..];
        int at = length;
        while (at >= sizeof(ulong))
        {
            ulong difference = MemoryMarshal.Read<ulong>(one[(at - 8)..]) ^ MemoryMarshal.Read<ulong>(other[(at - 8)..]);
            if (difference != 0)
            {
                return length - at + (BitOperations.LeadingZeroCount(difference) / 8);
            }

            at -= sizeof(ulong);
        }

        while (at > 0 && one[at - 1] == other[at - 1])
        {
            at--;
        }

        return length - at;
    }

    /// <summary>The first place where 32 bytes, at a multiple of 32, are equal in both.</summary>
    /// <returns>The place, moved back to where the equal run begins, or -1.</returns>
    internal static int FindEqual(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        int length = Math.Min(one.Length, other.Length);
        for (int at = 0; at <= length - Probe; at += Probe)
        {
            if (one.Slice(at, Probe).SequenceEqual(other.Slice(at, Probe)))
            {
                return at - CommonSuffix(one[..at], other[..at]);
            }
        }

        return -1;
    }
}
