using System.Runtime.CompilerServices;
using StorageEngines.BlockMaps;

namespace StorageEngines.Zfs.Blocks;

/// <summary>Cuts a list of extents, which is read from a stream, into batches.</summary>
internal static class StreamedBatches
{
    /// <summary>The batches of an answer; at least one.</summary>
    /// <param name="head">What all have in common.</param>
    /// <param name="extents">All extents; reading them blocks, which is done on another thread.</param>
    /// <param name="startingOffset">Extents that end here or before are left out.</param>
    /// <param name="maxResults">The most in one batch; 0 for 1024, which is never exceeded.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async IAsyncEnumerable<ExtentBatch> CutAsync(
        ExtentBatch head, IEnumerable<Extent> extents, long startingOffset, int maxResults, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int most = ExtentBatches.SizeOf(maxResults);
        using IEnumerator<Extent> next = extents.SkipWhile(extent => extent.End <= startingOffset).GetEnumerator();
        bool any = false;
        while (await Task.Run(() => Take(next, most, cancellationToken), cancellationToken).ConfigureAwait(false) is { Count: > 0 } some)
        {
            any = true;
            yield return head with { Extents = some };
            cancellationToken.ThrowIfCancellationRequested();
        }

        if (!any)
        {
            yield return head;
        }
    }

    private static List<Extent> Take(IEnumerator<Extent> extents, int most, CancellationToken cancellationToken)
    {
        var some = new List<Extent>();
        while (some.Count < most && extents.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            some.Add(extents.Current);
        }

        return some;
    }
}
