using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Finds where content may be cut. The rolling hash of a place depends on the 64 bytes up to it alone, so four parts of a stretch are rolled side by side: one
/// roll waits for the one before, four do not wait for each other. Safe for several threads.
/// </summary>
internal sealed class GearScanner(ulong seed)
{
    /// <summary>Bytes that the hash of a place depends on: 64, the last one being the one before the cut.</summary>
    internal const int Window = 64;

    private const int Least = 4 * Window;
    private readonly ulong[] _table = GearTable.Make(seed);

    /// <summary>Finds the places in a stretch where a cut may be made, ascending.</summary>
    /// <param name="data">Bytes that hold the stretch, and 63 before it.</param>
    /// <param name="from">Its first byte: 63 or more.</param>
    /// <param name="to">The byte behind its last one.</param>
    /// <param name="below">A place counts if its hash is lower than this.</param>
    /// <param name="found">Takes the places: the number of bytes before the cut, and the hash.</param>
    internal void Find(ReadOnlySpan<byte> data, int from, int to, ulong below, List<(int End, ulong Hash)> found)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(from, Window - 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, data.Length);
        if (to - from < Least)
        {
            One(data, from, to, below, found);
            return;
        }
        int part = (to - from) / 4;
        int sorted = found.Count;
        Four(ref MemoryMarshal.GetReference(data), from, part, below, found);
        // The four parts report in turns; places are few, so that it costs nothing to put them in order.
        found.Sort(sorted, found.Count - sorted, null);
        One(data, from + (4 * part), to, below, found);
    }

    private ulong Warm(ReadOnlySpan<byte> data, int at)
    {
        ulong hash = 0;
        for (int i = at - (Window - 1); i < at; i++)
            hash = unchecked((hash << 1) + _table[data[i]]);
        return hash;
    }

    private void One(ReadOnlySpan<byte> data, int from, int to, ulong below, List<(int End, ulong Hash)> found)
    {
        ulong hash = Warm(data, from);
        for (int i = from; i < to; i++)
        {
            hash = unchecked((hash << 1) + _table[data[i]]);
            if (hash < below)
                found.Add((i + 1, hash));
        }
    }

    // Compiled at once and in full: the first call may scan gigabytes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Four(ref byte data, int from, int part, ulong below, List<(int End, ulong Hash)> found)
    {
        ref ulong table = ref MemoryMarshal.GetArrayDataReference(_table);
        ref byte a = ref Unsafe.Add(ref data, from);
        ref byte b = ref Unsafe.Add(ref a, part);
        ref byte c = ref Unsafe.Add(ref b, part);
        ref byte d = ref Unsafe.Add(ref c, part);
        ulong ha = 0, hb = 0, hc = 0, hd = 0;
        for (nint i = 1 - Window; i < part; i++)
        {
            unchecked
            {
                ha = (ha << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref a, i));
                hb = (hb << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref b, i));
                hc = (hc << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref c, i));
                hd = (hd << 1) + Unsafe.Add(ref table, (nint)Unsafe.Add(ref d, i));
            }
            if ((ha < below || hb < below || hc < below || hd < below) && i >= 0)
                Report((int)i + from + 1, part, ha, hb, hc, hd, below, found);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Report(int end, int part, ulong a, ulong b, ulong c, ulong d, ulong below, List<(int End, ulong Hash)> found)
    {
        if (a < below)
            found.Add((end, a));
        if (b < below)
            found.Add((end + part, b));
        if (c < below)
            found.Add((end + (2 * part), c));
        if (d < below)
            found.Add((end + (3 * part), d));
    }
}
