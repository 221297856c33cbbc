using System.Runtime.CompilerServices;

namespace StorageEngines.Testing;

/// <summary>Changed extents with their bytes: what the block map tells, read at once.</summary>
/// <param name="map">Tells what changed, with the engine's faults if it has any.</param>
/// <param name="reader">Reads it.</param>
internal sealed class MemoryChangedData(IBlockMap map, ISnapshotReader reader) : IChangedData
{
    private const int LargestBatch = 1 << 20;

    public async IAsyncEnumerable<ChangedData> ReadAsync(ChangedDataQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await using Stream target = await reader.OpenReadAsync(query.Target, null, cancellationToken).ConfigureAwait(false);
        IAsyncEnumerable<ExtentBatch> batches = query.Base is null
            ? map.AllocatedAsync(new AllocatedQuery(query.Target), cancellationToken)
            : map.DeltaAsync(new DeltaQuery(query.Base, query.Target), cancellationToken);
        await foreach (ExtentBatch batch in batches.ConfigureAwait(false))
        {
            if (batch.Extents.Count == 0)
            {
                yield return new ChangedData(batch, default);
            }

            foreach (Extent piece in batch.Extents.SelectMany(Cut))
            {
                byte[] data = new byte[piece.State == ExtentState.Data ? piece.Length : 0];
                target.Position = piece.Offset;
                await target.ReadExactlyAsync(data, cancellationToken).ConfigureAwait(false);
                yield return new ChangedData(batch with { Extents = [piece] }, data);
            }
        }
    }

    private static IEnumerable<Extent> Cut(Extent extent)
    {
        for (long at = extent.Offset; at < extent.End; at += LargestBatch)
        {
            yield return extent.State == ExtentState.Zero ? extent : Extent.FromBounds(at, Math.Min(at + LargestBatch, extent.End));
            if (extent.State == ExtentState.Zero)
            {
                yield break;
            }
        }
    }
}
