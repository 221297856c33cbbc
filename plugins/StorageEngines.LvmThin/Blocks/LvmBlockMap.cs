using System.Runtime.CompilerServices;
using StorageEngines.BlockMaps;
using StorageEngines.LvmThin.Hosts;
using StorageEngines.LvmThin.Snapshots;
using StorageEngines.LvmThin.Volumes;
using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin.Blocks;

/// <summary>
/// What changed between two snapshots, from the mappings in the pool's metadata. Any two devices of one pool can be compared, so that roll backs and deleted snapshots in between change nothing: the
/// answer is exact to the chunk.
/// </summary>
internal sealed class LvmBlockMap(LvmHost host, VolumeCatalog catalog) : IBlockMap
{
    /// <summary>The smallest chunk of a pool; bytes.</summary>
    internal const int SmallestChunk = 64 << 10;

    /// <inheritdoc/>
    /// <remarks>Implements: thin_delta(8) of the snapshot with itself, dmsetup(8) message <c>reserve_metadata_snap</c>.</remarks>
    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxResults);
        RequireNoPath(query.Path, query.Snapshot);
        ThinSnapshot target = (await catalog.RequireAsync(query.Snapshot, cancellationToken).ConfigureAwait(false)).Snapshot;
        ExtentBatches.CheckOffset(query.StartingOffset, target.Lv.SizeBytes, LvmThinEngineFactory.SchemeName);
        var head = new ExtentBatch(ExtentStyle.VariableLength, target.Lv.SizeBytes, null, ChangeSource.NativeAllocated, Exactness.Exact, []);
        IAsyncEnumerable<Extent> extents = Nothing();
        if (query.StartingOffset < target.Lv.SizeBytes)
        {
            var runs = new RunExtents(ChunkOf(target), target.Lv.SizeBytes, target.Lv.SizeBytes);
            extents = runs.AllocatedAsync(CompareAsync(target, target, all: true, cancellationToken), cancellationToken);
        }

        await foreach (ExtentBatch batch in ExtentBatches.CutAsync(head, extents, query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: thin_delta(8), dmsetup(8) messages <c>reserve_metadata_snap</c> and <c>release_metadata_snap</c>.</remarks>
    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxResults);
        RequireNoPath(query.Path, query.Target);
        (Inventory inventory, ThinSnapshot target) = await catalog.RequireAsync(query.Target, cancellationToken).ConfigureAwait(false);
        ThinSnapshot from = FindBase(inventory, query.Base, target);
        ExtentBatches.CheckOffset(query.StartingOffset, target.Lv.SizeBytes, LvmThinEngineFactory.SchemeName);
        var head = new ExtentBatch(ExtentStyle.VariableLength, target.Lv.SizeBytes, from.Lv.SizeBytes, ChangeSource.NativeDelta, Exactness.Exact, []);
        IAsyncEnumerable<Extent> extents = Nothing();
        if (query.StartingOffset < target.Lv.SizeBytes && from.Lv.Uuid != target.Lv.Uuid)
        {
            var runs = new RunExtents(ChunkOf(target), from.Lv.SizeBytes, target.Lv.SizeBytes);
            extents = runs.ChangedAsync(CompareAsync(from, target, all: from.Lv.SizeBytes < target.Lv.SizeBytes, cancellationToken), cancellationToken);
        }

        await foreach (ExtentBatch batch in ExtentBatches.CutAsync(head, extents, query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    private static ThinSnapshot FindBase(Inventory inventory, ChangeToken token, ThinSnapshot target)
    {
        const string Engine = LvmThinEngineFactory.SchemeName;
        if (token.Engine != Engine)
        {
            throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"The token is of the engine '{token.Engine}', and this is '{Engine}'.") { Engine = Engine };
        }

        if (token.VolumeId != target.Volume.Id)
        {
            throw new LineageBrokenException(EngineReason.UnrelatedSnapshots, $"The base is a snapshot of volume {token.VolumeId}, and '{target.Ref}' is one of {target.Volume.Id}; take a full copy.") { Engine = Engine };
        }

        if (inventory.FindSnapshot(token.VolumeId, token.Value) is not { } found)
        {
            throw new ChangeTrackingUnavailableException(EngineReason.BaseMissing, $"The snapshot that '{target.Ref}' is to be compared with is gone; take a full copy.") { Engine = Engine };
        }

        if (found.Lv.PoolUuid != target.Lv.PoolUuid)
        {
            throw new LineageBrokenException(EngineReason.UnrelatedSnapshots, $"'{found.Ref}' and '{target.Ref}' are in different pools; take a full copy.") { Engine = Engine };
        }

        if (found.Token is null)
        {
            throw new ChangeTrackingUnavailableException(EngineReason.ChangeTrackingLost, $"'{found.Lv.FullName}' can be written since, so that it may not be what was copied; take a full copy.") { Engine = Engine };
        }

        return found.Lv.ThinId <= target.Lv.ThinId ? found
            : throw new LineageBrokenException(EngineReason.WrongOrder, $"'{found.Ref}' is newer than '{target.Ref}'; swap them.") { Engine = Engine };
    }

    private static long ChunkOf(ThinSnapshot snapshot) => snapshot.Pool is { ChunkBytes: > 0 and var bytes } && bytes % 512 == 0 ? bytes
        : throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.None, Recovery.OperatorAction, $"The pool of '{snapshot.Lv.FullName}' is not reported by lvs; check it with 'lvs -a'.")
        { Engine = LvmThinEngineFactory.SchemeName };

    private static void RequireNoPath(BytePath? path, SnapshotRef snapshot)
    {
        if (path is not null)
        {
            throw LvmErrors.NotSupported(EngineStatus.InvalidArgument, $"'{snapshot.Volume}' is a block volume and has no files; leave the path out.");
        }
    }

    private static async IAsyncEnumerable<Extent> Nothing()
    {
        await Task.CompletedTask.ConfigureAwait(false);
        yield break;
    }

    private async IAsyncEnumerable<MappingRun> CompareAsync(ThinSnapshot left, ThinSnapshot right, bool all, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        LogicalVolume pool = right.Pool!;
        Script script = new Script().Text("\ndifferences").Words(pool.Group, pool.Name, pool.Uuid, LvmPath.Device(pool.Group, pool.Name, "-tpool"), $"/dev/mapper/{LvmPath.Device(pool.Group, pool.MetadataName)}")
            .Words(left.Lv.Uuid).Number(left.Lv.ThinId).Words(right.Lv.Uuid).Number(right.Lv.ThinId).Words(all ? "1" : "0");
        await using ScriptStream stream = await host.StartAsync("compare", script, cancellationToken).ConfigureAwait(false);
        await using IAsyncEnumerator<MappingRun> runs
            = new ThinDeltaReader(stream.Output, left.Lv.ThinId, right.Lv.ThinId, pool.ChunkBytes).ReadAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (await NextAsync(runs, left, right).ConfigureAwait(false))
        {
            yield return runs.Current;
        }
    }

    private async ValueTask<bool> NextAsync(IAsyncEnumerator<MappingRun> runs, ThinSnapshot left, ThinSnapshot right)
    {
        try
        {
            return await runs.MoveNextAsync().ConfigureAwait(false);
        }
        catch (StorageCommandException e) when (e.ExitCode is { } code)
        {
            StorageEngineException error = LvmErrors.Recognise("compare", $"{left.Ref} with {right.Ref}", code, e.StandardErrorTail, host.Runner.Host);
            throw error.Reason is EngineReason.VolumeReplaced or EngineReason.SnapshotMissing ? VolumeCatalog.Missing(right.Ref) : error;
        }
    }
}
