using System.Numerics;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// Chunker 2: cuts a stream of bytes by its content (FastCDC with normalised lengths). A chunk ends at the first place, not before the least length, whose rolling hash is
/// low: one in four times the average up to the average length, one in a quarter of it from there on, and in any case at the greatest length. Where a chunk ends
/// depends on its own bytes alone. Not thread-safe.
/// </summary>
internal sealed class ChunkCutter
{
    private const int Stride = 64 << 10;
    private readonly ChunkParameters _lengths;
    private readonly GearScanner _scanner;
    private readonly ulong _hard;
    private readonly ulong _easy;
    private readonly List<(int End, ulong Hash)> _places = [];
    private int _next;
    private int _scanned;

    /// <summary>Makes a cutter.</summary>
    /// <param name="lengths">The store's parameters.</param>
    /// <param name="scanner">The scanner for their seed.</param>
    internal ChunkCutter(ChunkParameters lengths, GearScanner scanner)
    {
        (_lengths, _scanner) = (lengths, scanner);
        int bits = BitOperations.Log2((uint)lengths.Average);
        _hard = 1UL << (64 - bits - 2);
        _easy = 1UL << (64 - bits + 2);
    }

    /// <summary>Forgets everything: the buffer holds something else.</summary>
    internal void Reset()
    {
        _places.Clear();
        (_next, _scanned) = (0, 0);
    }

    /// <summary>The bytes from the last cut on moved by so many towards the buffer's start.</summary>
    internal void Moved(int bytes)
    {
        if (bytes >= _scanned)
        {
            Reset();
            return;
        }
        _places.RemoveRange(0, _next);
        _next = 0;
        for (int i = 0; i < _places.Count; i++)
            _places[i] = (_places[i].End - bytes, _places[i].Hash);
        _scanned -= bytes;
    }

    /// <summary>Finds the end of a chunk.</summary>
    /// <param name="data">The buffer: it holds the greatest length from the chunk's start on, unless the stream ends with it.</param>
    /// <param name="start">Where the chunk begins; not before the last call's end.</param>
    /// <returns>The byte behind the chunk.</returns>
    internal int Cut(ReadOnlySpan<byte> data, int start)
    {
        if (data.Length - start <= _lengths.Min)
            return data.Length;
        int least = start + _lengths.Min;
        int end = Math.Min(start + _lengths.Max, data.Length);
        while (true)
        {
            if (Take(start, least, end) is var found and > 0)
                return found;
            if (_scanned >= end)
                return end;
            int from = Math.Max(least - 1, _scanned); // the hash of a place ends with the byte before it
            int to = Math.Min(data.Length, from + Stride);
            _scanner.Find(data, from, to, _easy, _places);
            _scanned = to;
        }
    }

    private int Take(int start, int least, int end)
    {
        for (; _next < _places.Count && _places[_next].End <= end; _next++)
        {
            (int at, ulong hash) = _places[_next];
            if (at >= least && (hash < _hard || at - start >= _lengths.Average))
                return at;
        }
        return 0;
    }
}
