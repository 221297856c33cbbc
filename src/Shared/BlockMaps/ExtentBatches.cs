using System.Runtime.CompilerServices;

namespace StorageEngines.BlockMaps;

/// <summary>What the answers of every block map have in common: which offsets are taken, and how many extents one batch has.</summary>
internal static class ExtentBatches
{
    private const int Most = 1024;

    /// <summary>How many extents a batch has at the most.</summary>
    /// <param name="maxResults">What was asked for; 0 for 1024, which is never exceeded.</param>
    internal static int SizeOf(int maxResults) => maxResults == 0 ? Most : Math.Min(maxResults, Most);

    /// <summary>Refuses an offset outside of a volume or file; its end is taken.</summary>
    /// <param name="offset">Where the answer is to begin; bytes.</param>
    /// <param name="capacity">The size of the volume or file; bytes.</param>
    /// <param name="engine">The engine's name, for the error.</param>
    /// <exception cref="StorageEngineException">OutOfRange.</exception>
    internal static void CheckOffset(long offset, long capacity, string engine)
    {
        if (offset < 0 || offset > capacity)
        {
            throw new StorageEngineException(
                EngineStatus.OutOfRange, EngineReason.None, Recovery.FixRequest, $"The offset {offset} is outside of 0 to {capacity}, the capacity.") { Engine = engine };
        }
    }

    /// <summary>The batches of an answer; at least one.</summary>
    /// <param name="head">What all have in common.</param>
    /// <param name="extents">All extents that end after the offset that was asked for.</param>
    /// <param name="maxResults">The most in one batch; 0 for 1024, which is never exceeded.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static IEnumerable<ExtentBatch> Cut(ExtentBatch head, IEnumerable<Extent> extents, int maxResults, CancellationToken cancellationToken)
    {
        bool any = false;
        foreach (Extent[] some in extents.Chunk(SizeOf(maxResults)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            any = true;
            yield return head with { Extents = some };
        }

        if (!any)
        {
            yield return head;
        }
    }

    /// <summary>The batches of an answer that comes bit by bit; at least one.</summary>
    /// <param name="head">What all have in common.</param>
    /// <param name="extents">The extents; those that end at the offset or before are left out.</param>
    /// <param name="startingOffset">The offset that was asked for; bytes.</param>
    /// <param name="maxResults">The most in one batch; 0 for 1024, which is never exceeded.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async IAsyncEnumerable<ExtentBatch> CutAsync(
        ExtentBatch head, IAsyncEnumerable<Extent> extents, long startingOffset, int maxResults, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int most = SizeOf(maxResults);
        var batch = new List<Extent>();
        bool any = false;
        await foreach (Extent extent in extents.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (extent.End <= startingOffset)
            {
                continue;
            }

            batch.Add(extent);
            if (batch.Count == most)
            {
                yield return head with { Extents = batch };
                (batch, any) = ([], true);
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        if (batch.Count > 0 || !any)
        {
            yield return head with { Extents = batch };
        }
    }
}
