using System.Runtime.CompilerServices;

namespace StorageEngines.Zfs.Blocks;

/// <summary>Cuts a list of extents, which is read from a stream, into batches.</summary>
internal static class ExtentBatches
{
    private const int Most = 1024;

    /// <summary>The batches of an answer; at least one.</summary>
    /// <param name="head">What all have in common.</param>
    /// <param name="extents">All extents; reading them blocks, which is done on another thread.</param>
    /// <param name="startingOffset">Extents that end here or before are left out.</param>
    /// <param name="maxResults">The most in one batch; 0 for 1024, which is never exceeded.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static async IAsyncEnumerable<ExtentBatch> CutAsync(
        ExtentBatch head, IEnumerable<Extent> extents, long startingOffset, int maxResults, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int most = maxResults == 0 ? Most : Math.Min(maxResults, Most);
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

    /// <summary>Refuses an offset outside of a volume or file.</summary>
    /// <exception cref="StorageEngineException">OutOfRange.</exception>
    internal static void CheckOffset(long offset, long capacity)
    {
        if (offset < 0 || offset > capacity)
        {
            throw new StorageEngineException(
                EngineStatus.OutOfRange, EngineReason.None, Recovery.FixRequest, $"The offset {offset} is outside of 0 to {capacity}, the capacity.") { Engine = ZfsEngineFactory.SchemeName };
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
