namespace StorageEngines.Portable.Rolling;

/// <summary>
/// The rolling difference of two snapshots. What the engine says is unchanged or has moved is copied without being read; only the rest is looked for, so that the cost grows
/// with the change. Used once.
/// </summary>
internal sealed class SnapshotDelta(IStorageEngine engine, SnapshotInfo baseSnapshot, SnapshotInfo target, RollingExportOptions options)
{
    internal async Task<DifferentialSummary> WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        ISnapshotReader reader = engine.Feature<ISnapshotReader>()
            ?? throw new CapabilityNotSupportedException(EngineCapability.ReadSnapshot, $"Engine '{engine.Name}' cannot read snapshots; use its own export instead.");
        BytePath? basePath = options.BasePath ?? options.Path;
        await using IAsyncEnumerator<ExtentBatch>? changes = await ChangesAsync(cancellationToken).ConfigureAwait(false);
        await using IAsyncEnumerator<ContentMatch>? moved = changes is null ? null : Moved(cancellationToken);
        using StreamByteSource to = await StreamByteSource.OpenAsync(
            () => reader.OpenReadAsync(target.Ref, options.Path, cancellationToken), DeltaBuilder.Readers, target.Ref.ToString()).ConfigureAwait(false);
        using StreamByteSource from = await StreamByteSource.OpenAsync(
            () => reader.OpenReadAsync(baseSnapshot.Ref, basePath, cancellationToken), DeltaBuilder.Readers, baseSnapshot.Ref.ToString()).ConfigureAwait(false);
        var builder = new DeltaBuilder(from, to, output, new RollingDeltaOptions { Progress = options.Progress })
        {
            Identities = (SnapshotIdentity.Of(baseSnapshot.Ref, basePath), SnapshotIdentity.Of(target.Ref, options.Path)),
        };
        IAsyncEnumerable<DeltaRange>? ranges = changes is null ? null : RangesAsync(changes, Math.Min(from.Length, to.Length), to.Length);
        RollingDeltaSummary summary = await builder.RunAsync(
            ranges is null || moved is null ? ranges : MovedRanges.TakeAsync(ranges, moved, from.Length), cancellationToken).ConfigureAwait(false);
        return new DifferentialSummary(summary.DeltaBytes, summary.NewBytes, 0, summary.Commands);
    }

    /// <summary>What is in the base at another place, or null if the engine never knows.</summary>
    private IAsyncEnumerator<ContentMatch>? Moved(CancellationToken cancellationToken)
        => engine.Feature<IContentMatches>()?
            .ListAsync(new DeltaQuery(baseSnapshot.ChangeToken!, target.Ref) { Path = options.Path, BasePath = options.BasePath }, cancellationToken)
            .GetAsyncEnumerator(cancellationToken);

    /// <summary>What changed, or null if the engine does not know: then both snapshots are read.</summary>
    private async Task<IAsyncEnumerator<ExtentBatch>?> ChangesAsync(CancellationToken cancellationToken)
    {
        if (baseSnapshot.ChangeToken is not { } token)
        {
            return null;
        }

        var ladder = new ChangeLadderOptions { Path = options.Path, BasePath = options.BasePath };
        IAsyncEnumerator<ExtentBatch> batches = ChangeLadder.QueryAsync(engine, token, target.Ref, ladder, cancellationToken).GetAsyncEnumerator(cancellationToken);
        try
        {
            await batches.MoveNextAsync().ConfigureAwait(false);
            return batches;
        }
        catch (StorageEngineException error) when (error is ChangeTrackingUnavailableException or CapabilityNotSupportedException)
        {
            await batches.DisposeAsync().ConfigureAwait(false);
            return null;
        }
        catch
        {
            await batches.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The changed extents, and the unchanged ranges between them as far as both snapshots go.</summary>
    private static async IAsyncEnumerable<DeltaRange> RangesAsync(IAsyncEnumerator<ExtentBatch> batches, long common, long end)
    {
        var order = new ExtentOrder();
        Extent? open = null; // extents that touch are looked for as one
        long at = 0;
        do
        {
            foreach (Extent next in batches.Current.Extents)
            {
                Extent extent = order.Next(next, end);
                if (open is { } before && before.End == extent.Offset)
                {
                    open = Extent.FromBounds(before.Offset, extent.End, ExtentState.Data);
                    continue;
                }

                foreach (DeltaRange range in Ranges(at, open, common))
                {
                    yield return range;
                }

                at = open?.End ?? 0;
                open = extent;
            }
        }
        while (await batches.MoveNextAsync().ConfigureAwait(false));

        foreach (DeltaRange range in Ranges(at, open, common).Concat(Unchanged(open?.End ?? 0, end, common)))
        {
            yield return range;
        }
    }

    private static IEnumerable<DeltaRange> Ranges(long at, Extent? changed, long common)
        => changed is { } extent ? Unchanged(at, extent.Offset, common).Append(new DeltaRange(extent.Offset, extent.End, IsEqual: false)) : [];

    // Behind the base's end nothing is equal, whether or not the engine lists it as changed.
    private static IEnumerable<DeltaRange> Unchanged(long start, long end, long common)
    {
        long middle = Math.Clamp(common, start, end);
        if (middle > start)
        {
            yield return new DeltaRange(start, middle, IsEqual: true);
        }

        if (end > middle)
        {
            yield return new DeltaRange(middle, end, IsEqual: false);
        }
    }
}
