using System.Runtime.CompilerServices;

namespace StorageEngines;

/// <summary>Reads the extents of a block map query from a snapshot, in pieces of bounded size. Blocks that hold zeroes become ranges of zeroes.</summary>
internal static class BlockPieces
{
    private const int ZeroUnit = 64 * 1024;

    /// <summary>Reads pieces in ascending order. A piece's data is good until the next one is asked for.</summary>
    /// <exception cref="StorageEngineException">The engine's answer breaks its contract.</exception>
    internal static async IAsyncEnumerable<BlockPiece> ReadAsync(
        Stream snapshot, ExtentBatch first, IAsyncEnumerator<ExtentBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var order = new ExtentOrder();
        var buffer = new byte[RbdDiffFormat.MaxWriteBytes];
        ExtentBatch batch = first;
        Extent? zeroes = null;
        do
        {
            batch = batches.Current;
            foreach (Extent next in batch.Extents)
            {
                Extent extent = order.Next(next, first.CapacityBytes);
                if (extent.State == ExtentState.Zero)
                {
                    (Extent? done, zeroes) = Join(zeroes, extent);
                    if (done is { } range)
                    {
                        yield return new BlockPiece(range, default);
                    }

                    continue;
                }

                for (long at = extent.Offset; at < extent.End;)
                {
                    int length = (int)Math.Min(buffer.Length, extent.End - at);
                    await ReadExactlyAsync(snapshot, at, buffer.AsMemory(0, length), cancellationToken).ConfigureAwait(false);
                    for (int from = 0; from < length;)
                    {
                        int to = Run(buffer.AsSpan(0, length), from, out bool zero);
                        Extent run = Extent.FromBounds(at + from, at + to, zero ? ExtentState.Zero : ExtentState.Data);
                        (Extent? done, zeroes) = zero ? Join(zeroes, run) : (zeroes, null);
                        if (done is { } range)
                        {
                            yield return new BlockPiece(range, default);
                        }

                        if (!zero)
                        {
                            yield return new BlockPiece(run, buffer.AsMemory(from, to - from));
                        }

                        from = to;
                    }

                    at += length;
                }
            }
        }
        while (await batches.MoveNextAsync().ConfigureAwait(false));

        if (zeroes is { } last)
        {
            yield return new BlockPiece(last, default);
        }
    }

    /// <summary>Reads a whole buffer from a place in a snapshot.</summary>
    internal static async ValueTask ReadExactlyAsync(Stream snapshot, long offset, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (snapshot.Position != offset)
        {
            snapshot.Position = offset;
        }

        int read = await snapshot.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        if (read < buffer.Length)
        {
            throw ExtentOrder.Fault($"the snapshot ends at byte {offset + read}, before its capacity");
        }
    }

    /// <summary>Joins a range of zeroes to the one before it if they touch; else the one before is done.</summary>
    private static (Extent? Done, Extent? Open) Join(Extent? open, Extent next)
        => open is not { } before ? (null, next)
            : before.End == next.Offset ? (null, Extent.FromBounds(before.Offset, next.End, ExtentState.Zero))
            : (before, next);

    /// <summary>The end of the run of units that begins at <paramref name="from"/> and are all zero or all not.</summary>
    internal static int Run(ReadOnlySpan<byte> data, int from, out bool zero)
    {
        int at = Math.Min(from + ZeroUnit, data.Length);
        zero = !data[from..at].ContainsAnyExcept((byte)0);
        while (at < data.Length)
        {
            int end = Math.Min(at + ZeroUnit, data.Length);
            if (zero == data[at..end].ContainsAnyExcept((byte)0))
            {
                break;
            }

            at = end;
        }

        return at;
    }
}
