using System.Runtime.CompilerServices;
using StorageEngines.BlockMaps;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Blocks;

/// <summary>What changed between two snapshots, as the cluster knows it. No data is read.</summary>
internal sealed class CephRbdBlockMap(ImageCatalog catalog, ImageDifferences differences) : IBlockMap
{
    /// <summary>What a change is rounded to where objects are asked: nothing; bytes.</summary>
    internal const int ExactGranularity = 1;

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_diff_iterate2 from the beginning of time; <c>rbd diff</c>, rbd(8).</remarks>
    public async IAsyncEnumerable<ExtentBatch> AllocatedAsync(AllocatedQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxResults);
        RequireNoPath(query.Path, query.Snapshot);
        (IOpenImage open, RbdSnapshot target) = await catalog.OpenAsync(query.Snapshot, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            ExtentBatches.CheckOffset(query.StartingOffset, target.SizeBytes, CephRbdEngineFactory.SchemeName);
            await foreach (ExtentBatch batch in AnswerAsync(open, null, target, query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
            {
                yield return batch;
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: rbd_diff_iterate2, rbd_diff_iterate3, rbd_get_flags; <c>rbd diff</c>, rbd(8).</remarks>
    public async IAsyncEnumerable<ExtentBatch> DeltaAsync(DeltaQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(query);
        ArgumentOutOfRangeException.ThrowIfNegative(query.MaxResults);
        RequireNoPath(query.Path, query.Target);
        (IOpenImage open, RbdSnapshot target) = await catalog.OpenAsync(query.Target, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            RbdSnapshot from = differences.FindBase(open.State, query.Base, target);
            ExtentBatches.CheckOffset(query.StartingOffset, target.SizeBytes, CephRbdEngineFactory.SchemeName);
            await foreach (ExtentBatch batch in AnswerAsync(open, from, target, query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
            {
                yield return batch;
            }
        }
    }

    private static void RequireNoPath(BytePath? path, SnapshotRef snapshot)
    {
        if (path is not null)
        {
            throw CephRbdErrors.NotSupported(EngineStatus.InvalidArgument, $"'{snapshot.Volume}' is a block volume and has no files; leave the path out.");
        }
    }

    private async IAsyncEnumerable<ExtentBatch> AnswerAsync(
        IOpenImage open, RbdSnapshot? from, RbdSnapshot target, long startingOffset, int maxResults, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        DiffRequest request = await differences.ChooseAsync(open, from, target, startingOffset, cancellationToken).ConfigureAwait(false);
        var head = new ExtentBatch(ExtentStyle.VariableLength, target.SizeBytes, from?.SizeBytes, from is null ? ChangeSource.NativeAllocated : ChangeSource.NativeDelta, Exactness.Superset, [])
        {
            GranularityBytes = request.Mode == DiffMode.WholeObject ? open.State.Image.ObjectBytes : ExactGranularity,
            Mode = request.Mode.Name(),
        };
        IAsyncEnumerable<Extent> extents = differences.ReadAsync(open, request, cancellationToken);
        await foreach (ExtentBatch batch in ExtentBatches.CutAsync(head, extents, startingOffset, maxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }
}
