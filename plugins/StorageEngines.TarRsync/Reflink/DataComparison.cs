using System.Buffers;

namespace StorageEngines.TarRsync.Reflink;

/// <summary>Compares data, grain by grain. Not thread-safe.</summary>
/// <param name="readBase">Fills a buffer from an offset; with zeroes beyond the end.</param>
/// <param name="readTarget">The same for the target.</param>
/// <param name="grain">The grain in bytes.</param>
internal sealed class DataComparison(DataComparison.Reader readBase, DataComparison.Reader readTarget, long grain)
{
    /// <summary>Fills a buffer from an offset.</summary>
    internal delegate void Reader(Span<byte> buffer, long offset);

    /// <summary>Compares a range, of at most some MiB, and tells what differs.</summary>
    internal void Compare(long start, long end, ExtentJoiner joiner)
    {
        int length = (int)(end - start);
        byte[] old = ArrayPool<byte>.Shared.Rent(length);
        byte[] now = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            Span<byte> a = old.AsSpan(0, length);
            Span<byte> b = now.AsSpan(0, length);
            readBase(a, start);
            readTarget(b, start);
            while (!a.IsEmpty)
            {
                int same = a.CommonPrefixLength(b);
                if (same == a.Length)
                    return;
                long first = (start + same) / grain * grain;
                int skip = (int)Math.Max(0, first - start);
                int stop = (int)Math.Min(a.Length, first + grain - start);
                joiner.Add(start + skip, start + stop, b[skip..stop].ContainsAnyExcept((byte)0) ? ExtentState.Data : ExtentState.Zero);
                a = a[stop..];
                b = b[stop..];
                start += stop;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(old);
            ArrayPool<byte>.Shared.Return(now);
        }
    }
}
