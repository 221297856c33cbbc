namespace StorageEngines.Btrfs.Reading;

/// <summary>Cuts a list of extents into batches.</summary>
internal static class ExtentBatches
{
    private const int Default = 1024;

    /// <summary>The batches of an answer; at least one.</summary>
    /// <param name="head">What all have in common.</param>
    /// <param name="extents">All extents that end after the offset that was asked for.</param>
    /// <param name="maxResults">The most in one batch; 0 for the default of 1024.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal static IEnumerable<ExtentBatch> Cut(ExtentBatch head, IEnumerable<Extent> extents, int maxResults, CancellationToken cancellationToken)
    {
        bool any = false;
        foreach (Extent[] some in extents.Chunk(maxResults == 0 ? Default : Math.Min(maxResults, Default)))
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

    /// <summary>Refuses an offset outside of a file.</summary>
    /// <exception cref="StorageEngineException">OutOfRange.</exception>
    internal static void CheckOffset(long offset, long size)
    {
        if (offset < 0 || offset > size)
        {
            throw new StorageEngineException(
                EngineStatus.OutOfRange, EngineReason.None, Recovery.FixRequest, $"The offset {offset} is outside of 0 to {size}, the capacity.") { Engine = BtrfsEngineFactory.SchemeName };
        }
    }
}
