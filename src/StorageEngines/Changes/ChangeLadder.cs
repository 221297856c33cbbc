using System.Runtime.CompilerServices;

namespace StorageEngines;

/// <summary>
/// Asks an engine what changed and goes down a step where it cannot say and the caller allows it: changed, allocated, everything. Which step answered
/// stands in every batch (<see cref="ExtentBatch.Source"/>); the default is to fail. A difference that has begun to be answered is not mixed with
/// another step: it fails, and the caller asks anew.
/// </summary>
/// <remarks>Stateless; safe for use by several threads. Memory: one batch.</remarks>
public static class ChangeLadder
{
    /// <summary>Lists the extents that may differ between base and target.</summary>
    /// <param name="engine">The engine of the target.</param>
    /// <param name="baseToken">What to compare with; null if there is no base: the answer is the allocated map, whose gaps read as zeroes.</param>
    /// <param name="target">The newer snapshot.</param>
    /// <param name="options">How far down to go, and what part is asked about.</param>
    /// <param name="cancellationToken">Ends the query.</param>
    /// <returns>
    /// At least one batch. After a step down from a base (<see cref="ChangeSource.NativeAllocated"/> or <see cref="ChangeSource.FullScan"/>) what is not
    /// allocated is among the extents as <see cref="ExtentState.Zero"/>, since it is not that of the base; the base's capacity is then null.
    /// </returns>
    /// <exception cref="ChangeTrackingUnavailableException">The engine cannot know and the policy does not allow a step down.</exception>
    /// <exception cref="LineageBrokenException">Base and target are unrelated and the policy does not allow a step down; or the base is the newer one.</exception>
    /// <exception cref="CapabilityNotSupportedException">The engine has no such query and the policy does not allow the next step.</exception>
    /// <exception cref="SnapshotNotFoundException">The target is not there.</exception>
    public static IAsyncEnumerable<ExtentBatch> QueryAsync(
        IStorageEngine engine, ChangeToken? baseToken, SnapshotRef target, ChangeLadderOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(engine);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(options.MaxResults);
        return RunAsync(engine, baseToken, target, options, cancellationToken);
    }

    private static async IAsyncEnumerable<ExtentBatch> RunAsync(
        IStorageEngine engine,
        ChangeToken? baseToken,
        SnapshotRef target,
        ChangeLadderOptions options,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<Func<IAsyncEnumerable<ExtentBatch>>> steps = Steps(engine, baseToken, target, options, cancellationToken);
        for (int step = 0; ; step++)
        {
            await using IAsyncEnumerator<ExtentBatch>? batches =
                await TryStartAsync(steps[step], lastStep: step == steps.Count - 1, cancellationToken).ConfigureAwait(false);
            if (batches is null)
            {
                continue;
            }

            yield return batches.Current;
            while (await batches.MoveNextAsync().ConfigureAwait(false))
            {
                yield return batches.Current;
            }

            yield break;
        }
    }

    private static List<Func<IAsyncEnumerable<ExtentBatch>>> Steps(
        IStorageEngine engine, ChangeToken? baseToken, SnapshotRef target, ChangeLadderOptions options, CancellationToken cancellationToken)
    {
        var steps = new List<Func<IAsyncEnumerable<ExtentBatch>>>();
        if (baseToken is not null)
        {
            steps.Add(() => Map(engine, EngineCapability.Delta).DeltaAsync(
                new DeltaQuery(baseToken, target)
                {
                    Path = options.Path,
                    BasePath = options.BasePath,
                    StartingOffset = options.StartingOffset,
                    MaxResults = options.MaxResults,
                },
                cancellationToken));
        }

        if (baseToken is null || options.Fallback != FallbackPolicy.Fail)
        {
            var query = new AllocatedQuery(target) { Path = options.Path, StartingOffset = options.StartingOffset, MaxResults = options.MaxResults };
            steps.Add(() => baseToken is null
                ? Map(engine, EngineCapability.Allocated).AllocatedAsync(query, cancellationToken)
                : ZeroFiller.FillAsync(Map(engine, EngineCapability.Allocated).AllocatedAsync(query, cancellationToken), query, cancellationToken));
        }

        if (options.Fallback == FallbackPolicy.AllocatedThenFull)
        {
            steps.Add(() => FullAsync(engine, target, options, cancellationToken));
        }

        return steps;
    }

    /// <summary>The answer with its first batch, or null if the step cannot be taken and there is another one below it.</summary>
    private static async ValueTask<IAsyncEnumerator<ExtentBatch>?> TryStartAsync(
        Func<IAsyncEnumerable<ExtentBatch>> step, bool lastStep, CancellationToken cancellationToken)
    {
        IAsyncEnumerator<ExtentBatch>? batches = null;
        bool started = false;
        try
        {
            batches = step().GetAsyncEnumerator(cancellationToken);
            started = await batches.MoveNextAsync().ConfigureAwait(false);
            return started ? batches : throw ExtentOrder.Fault("a block map query was answered without a single batch");
        }
        catch (StorageEngineException error) when (!lastStep && (error is CapabilityNotSupportedException || error.Recovery == Recovery.TakeFull))
        {
            return null;
        }
        finally
        {
            if (!started && batches is not null)
            {
                await batches.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private static IBlockMap Map(IStorageEngine engine, EngineCapability wanted)
        => engine.Feature<IBlockMap>() ?? new MissingBlockMap(engine.Name, wanted);

    private static async IAsyncEnumerable<ExtentBatch> FullAsync(
        IStorageEngine engine, SnapshotRef target, ChangeLadderOptions options, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long capacity = await CapacityAsync(engine, target, options.Path, cancellationToken).ConfigureAwait(false);
        if (options.StartingOffset < 0 || options.StartingOffset > capacity)
        {
            throw new StorageEngineException(
                EngineStatus.OutOfRange, EngineReason.None, Recovery.FixRequest,
                $"Offset {options.StartingOffset} is outside {target}, which has {capacity} bytes.");
        }

        IReadOnlyList<Extent> all = options.StartingOffset < capacity ? [Extent.FromBounds(options.StartingOffset, capacity)] : [];
        yield return new ExtentBatch(ExtentStyle.VariableLength, capacity, null, ChangeSource.FullScan, Exactness.Superset, all);
    }

    private static async ValueTask<long> CapacityAsync(IStorageEngine engine, SnapshotRef target, BytePath? path, CancellationToken cancellationToken)
    {
        if (path is null && engine.Feature<ISnapshots>() is { } snapshots)
        {
            return (await snapshots.GetAsync(target, cancellationToken).ConfigureAwait(false)).SizeBytes;
        }

        ISnapshotReader reader = engine.Feature<ISnapshotReader>()
            ?? throw new CapabilityNotSupportedException(EngineCapability.ReadSnapshot, $"Engine '{engine.Name}' cannot read snapshots, so that nothing can be copied from it.");
        await using Stream stream = await reader.OpenReadAsync(target, path, cancellationToken).ConfigureAwait(false);
        return stream.Length;
    }
}
