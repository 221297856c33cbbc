using System.Runtime.CompilerServices;

namespace StorageEngines;

/// <summary>Ways to read the answer to a block map query.</summary>
public static class ExtentBatchExtensions
{
    /// <summary>The extents of all batches, one after the other.</summary>
    /// <param name="batches">An answer.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>The extents; the normal end means that all came.</returns>
    public static async IAsyncEnumerable<Extent> ToExtentsAsync(
        this IAsyncEnumerable<ExtentBatch> batches, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(batches);
        await foreach (ExtentBatch batch in batches.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            foreach (Extent extent in batch.Extents)
            {
                yield return extent;
            }
        }
    }
}
