namespace StorageEngines;

/// <summary>
/// A cheap look at whether an engine's word can be trusted: places that it says are unchanged are read again from base and target, at random. What is
/// found wrong is wrong; what is found right proves little. <see cref="SnapshotVerifier"/> looks at everything, and at whole trees; this looks at block
/// volumes and at single files.
/// </summary>
/// <remarks>Stateless; safe for use by several threads. Memory: two buffers.</remarks>
public static class SpotCheck
{
    /// <summary>Checks the delta of a block volume, or of one file of a tree volume.</summary>
    /// <param name="engine">The engine.</param>
    /// <param name="baseSnapshot">The older snapshot; its data has to be there.</param>
    /// <param name="targetSnapshot">The newer one.</param>
    /// <param name="options">How many places, and which file.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>What was found. Fewer places than asked for are looked at if some lie in what is reported as changed.</returns>
    /// <exception cref="ChangeTrackingUnavailableException">The engine cannot know what changed.</exception>
    /// <exception cref="LineageBrokenException">The snapshots are unrelated, or the base is the newer one.</exception>
    /// <exception cref="CapabilityNotSupportedException">The engine cannot read snapshots or compare them.</exception>
    public static async Task<VerificationReport> RunAsync(
        IStorageEngine engine, SnapshotInfo baseSnapshot, SnapshotInfo targetSnapshot, SpotCheckOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(baseSnapshot);
        ArgumentNullException.ThrowIfNull(targetSnapshot);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNotEqual(Math.Clamp(options.Samples, 1, 65_536), options.Samples);
        ArgumentOutOfRangeException.ThrowIfNotEqual(Math.Clamp(options.SampleBytes, 1, CompareBuffers.Bytes), options.SampleBytes);
        ISnapshotReader reader = TreeVerifier.Need<ISnapshotReader>(engine, EngineCapability.ReadSnapshot);
        IBlockMap map = TreeVerifier.Need<IBlockMap>(engine, EngineCapability.Delta);
        ChangeToken token = baseSnapshot.ChangeToken ?? throw new ChangeTrackingUnavailableException(
            EngineReason.BaseMissing, $"Snapshot '{baseSnapshot.Ref}' cannot be the base of a difference, so that there is nothing to check.");
        await using Stream from = await reader.OpenReadAsync(baseSnapshot.Ref, options.BasePath ?? options.Path, cancellationToken).ConfigureAwait(false);
        await using Stream to = await reader.OpenReadAsync(targetSnapshot.Ref, options.Path, cancellationToken).ConfigureAwait(false);
        var counters = new VerificationCounters(null, null);
        counters.File();
        var comparer = new BlockComparer(from, to, counters, new CompareBuffers());
        var query = new DeltaQuery(token, targetSnapshot.Ref) { Path = options.Path, BasePath = options.BasePath };
        IAsyncEnumerable<Extent> unchanged = Extents(map.DeltaAsync(query, cancellationToken)).Complement(to.Length);
        string? difference = null;
        using IEnumerator<Extent> samples = Samples(options, to.Length).GetEnumerator();
        bool any = samples.MoveNext();
        await foreach (Extent gap in unchanged.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            for (; any && difference is null && samples.Current.Offset < gap.End; any = samples.MoveNext())
            {
                long start = Math.Max(samples.Current.Offset, gap.Offset);
                long end = Math.Min(samples.Current.End, gap.End);
                difference = start < end ? await comparer.UnchangedAsync(start, end, cancellationToken).ConfigureAwait(false) : null;
            }

            if (!any || difference is not null)
            {
                break;
            }
        }

        return counters.ToReport(difference);
    }

    private static IEnumerable<Extent> Samples(SpotCheckOptions options, long capacity)
    {
        var random = new Random(options.Seed);
        long[] offsets = [.. Enumerable.Range(0, capacity > 0 ? options.Samples : 0).Select(_ => random.NextInt64(capacity))];
        Array.Sort(offsets);
        return offsets.Select(offset => new Extent(offset, Math.Min(options.SampleBytes, capacity - offset)));
    }

    private static async IAsyncEnumerable<Extent> Extents(IAsyncEnumerable<ExtentBatch> batches)
    {
        await foreach (ExtentBatch batch in batches.ConfigureAwait(false))
        {
            foreach (Extent extent in batch.Extents)
            {
                yield return extent;
            }
        }
    }
}
