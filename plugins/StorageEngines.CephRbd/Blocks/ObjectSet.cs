using System.Numerics;

namespace StorageEngines.CephRbd.Blocks;

/// <summary>Which periods of an image changed, one bit for each: as much memory as half of the object map itself.</summary>
/// <param name="sizeBytes">The image's size; bytes.</param>
/// <param name="periodBytes">Bytes of a period.</param>
internal sealed class ObjectSet(long sizeBytes, long periodBytes)
{
    private readonly ulong[] _bits = new ulong[checked((int)((((sizeBytes + periodBytes - 1) / periodBytes) + 63) / 64))];

    /// <summary>Marks every period that a range touches; what lies beyond the end is left out.</summary>
    internal void Add(long offset, long length)
    {
        long end = Math.Min(checked(offset + length), sizeBytes);
        for (long period = offset / periodBytes; period * periodBytes < end; period++)
        {
            _bits[period >> 6] |= 1UL << (int)(period & 63);
        }
    }

    /// <summary>How many are marked.</summary>
    internal long Count => _bits.Sum(each => (long)BitOperations.PopCount(each));

    /// <summary>The numbers of those that are marked, ascending.</summary>
    internal IEnumerable<long> Periods() => Runs(0).SelectMany(run => Numbers(run.Start / periodBytes, (run.End + periodBytes - 1) / periodBytes));

    /// <summary>The ranges that are marked, ascending, neighbours joined, from a period's beginning on; bytes.</summary>
    /// <param name="startingOffset">Where to begin; bytes.</param>
    /// <param name="mostGap">Ranges with at most so many periods between them are joined too. Default: 0.</param>
    internal IEnumerable<(long Start, long End)> Runs(long startingOffset, int mostGap = 0)
    {
        (long Start, long End)? last = null;
        foreach ((long start, long end) in Marked(startingOffset))
        {
            if (last is { } joined && start - joined.End <= mostGap * periodBytes)
            {
                last = (joined.Start, end);
                continue;
            }

            if (last is { } whole)
            {
                yield return whole;
            }

            last = (start, end);
        }

        if (last is { } rest)
        {
            yield return rest;
        }
    }

    private IEnumerable<(long Start, long End)> Marked(long startingOffset)
    {
        long periods = (sizeBytes + periodBytes - 1) / periodBytes;
        long period = startingOffset / periodBytes;
        while (period < periods)
        {
            if (_bits[period >> 6] == 0)
            {
                period = ((period >> 6) + 1) << 6;
                continue;
            }

            if (!Has(period))
            {
                period++;
                continue;
            }

            long first = period;
            while (period < periods && Has(period))
            {
                period++;
            }

            yield return (first * periodBytes, Math.Min(period * periodBytes, sizeBytes));
        }
    }

    private static IEnumerable<long> Numbers(long first, long end)
    {
        for (long each = first; each < end; each++)
        {
            yield return each;
        }
    }

    private bool Has(long period) => (_bits[period >> 6] >> (int)(period & 63) & 1) != 0;
}
