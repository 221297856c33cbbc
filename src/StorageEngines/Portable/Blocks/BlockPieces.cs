using System.Runtime.CompilerServices;
using StorageEngines.RbdDiffs;

namespace StorageEngines;

/// <summary>Reads what changed in pieces of bounded size. Blocks that hold zeroes become ranges of zeroes. A piece's data is good until the next one is asked for.</summary>
internal static class BlockPieces
{
    /// <summary>Reads the extents of a block map query from a snapshot, ascending.</summary>
    /// <exception cref="StorageEngineException">The engine's answer breaks its contract.</exception>
    internal static async IAsyncEnumerable<BlockPiece> ReadAsync(
        Stream snapshot, IAsyncEnumerator<ExtentBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var order = new ExtentOrder();
        var cutter = new PieceCutter();
        var buffer = new byte[RbdDiffFormat.MaxWriteBytes];
        long capacity = batches.Current.CapacityBytes;
        do
        {
            foreach (Extent next in batches.Current.Extents)
            {
                Extent extent = order.Next(next, capacity);
                if (extent.State == ExtentState.Zero)
                {
                    if (cutter.Zero(extent) is { } done)
                    {
                        yield return done;
                    }

                    continue;
                }

                for (long at = extent.Offset; at < extent.End; at += buffer.Length)
                {
                    Memory<byte> data = buffer.AsMemory(0, (int)Math.Min(buffer.Length, extent.End - at));
                    await ReadExactlyAsync(snapshot, at, data, cancellationToken).ConfigureAwait(false);
                    foreach (BlockPiece piece in cutter.Data(at, data))
                    {
                        yield return piece;
                    }
                }
            }
        }
        while (await batches.MoveNextAsync().ConfigureAwait(false));

        if (cutter.End() is { } last)
        {
            yield return last;
        }
    }

    /// <summary>Reads what an engine gives in one pass, ascending.</summary>
    /// <exception cref="StorageEngineException">The engine's answer breaks its contract.</exception>
    internal static async IAsyncEnumerable<BlockPiece> ReadAsync(IAsyncEnumerator<ChangedData> changes)
    {
        var order = new ExtentOrder();
        var cutter = new PieceCutter();
        long capacity = changes.Current.Map.CapacityBytes;
        do
        {
            ReadOnlyMemory<byte> data = changes.Current.Data;
            foreach (Extent next in changes.Current.Map.Extents)
            {
                Extent extent = order.Next(next, capacity);
                if (extent.State == ExtentState.Zero)
                {
                    if (cutter.Zero(extent) is { } done)
                    {
                        yield return done;
                    }

                    continue;
                }

                if (extent.Length > data.Length)
                {
                    throw ExtentOrder.Fault($"extent {extent} came without its data");
                }

                foreach (BlockPiece piece in cutter.Data(extent.Offset, data[..(int)extent.Length]))
                {
                    yield return piece;
                }

                data = data[(int)extent.Length..];
            }
        }
        while (await changes.MoveNextAsync().ConfigureAwait(false));

        if (cutter.End() is { } last)
        {
            yield return last;
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
}
