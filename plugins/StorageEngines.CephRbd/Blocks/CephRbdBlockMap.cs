using System.Globalization;
using System.Runtime.CompilerServices;
using StorageEngines.BlockMaps;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Blocks;

/// <summary>What changed between two snapshots, as the cluster knows it. No data is read.</summary>
internal sealed class CephRbdBlockMap(ImageCatalog catalog, DiffMode mode) : IBlockMap
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
            RbdSnapshot from = FindBase(open.State, query.Base, target);
            ExtentBatches.CheckOffset(query.StartingOffset, target.SizeBytes, CephRbdEngineFactory.SchemeName);
            await foreach (ExtentBatch batch in AnswerAsync(open, from, target, query.StartingOffset, query.MaxResults, cancellationToken).ConfigureAwait(false))
            {
                yield return batch;
            }
        }
    }

    /// <summary>The base that a token names.</summary>
    internal RbdSnapshot FindBase(ImageState state, ChangeToken token, RbdSnapshot target)
    {
        const string Engine = CephRbdEngineFactory.SchemeName;
        SnapshotRef about = state.RefOf(target);
        if (token.Engine != Engine)
        {
            throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"The token is of the engine '{token.Engine}', and this is '{Engine}'.") { Engine = Engine };
        }

        if (token.VolumeId != about.Volume.Id)
        {
            throw new LineageBrokenException(EngineReason.UnrelatedSnapshots, $"The base is a snapshot of volume {token.VolumeId}, and '{about}' is one of {about.Volume.Id}; take a full copy.") { Engine = Engine };
        }

        if (ulong.TryParse(token.Value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong id) && id > target.Id)
        {
            throw new LineageBrokenException(EngineReason.WrongOrder, $"The base {token.Value} is newer than '{about}'; swap them.") { Engine = Engine };
        }

        if (state.Find(token.Value) is not { } found)
        {
            throw MissingBase(about);
        }

        return found.Space == SnapshotSpace.User || found.Id == target.Id || catalog.Host.CanDiffFromGroups ? found
            : throw new ChangeTrackingUnavailableException(EngineReason.ChangeTrackingOff,
                $"'{state.RefOf(found)}' is a member of a group's snapshot, and what changed since one can be asked by librbd of Reef (18.2.5) and later only; take a full copy, or update librbd here.")
            { Engine = Engine };
    }

    private static ChangeTrackingUnavailableException MissingBase(SnapshotRef target) => new(
        EngineReason.BaseMissing, $"The snapshot that '{target}' is to be compared with is gone; take a full copy.")
    { Engine = CephRbdEngineFactory.SchemeName };

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
        List<RbdSnapshot> chain = ChainRule.Between(open.State, from, target);
        DiffMode how = await ChooseAsync(open, chain, from, target, cancellationToken).ConfigureAwait(false);
        var head = new ExtentBatch(ExtentStyle.VariableLength, target.SizeBytes, from?.SizeBytes, from is null ? ChangeSource.NativeAllocated : ChangeSource.NativeDelta, Exactness.Superset, [])
        {
            GranularityBytes = how == DiffMode.WholeObject ? open.State.Image.ObjectBytes : ExactGranularity,
            Mode = how.Name(),
        };
        bool isEmpty = startingOffset >= target.SizeBytes || from?.Id == target.Id;
        IAsyncEnumerable<Extent> extents = isEmpty ? AsyncEnumerable.Empty<Extent>() : ExtentsAsync(open, new DiffRequest(from, target, how, startingOffset), chain, cancellationToken);
        await foreach (ExtentBatch batch in ExtentBatches.CutAsync(head, extents, startingOffset, maxResults, cancellationToken).ConfigureAwait(false))
        {
            yield return batch;
        }
    }

    private async Task<DiffMode> ChooseAsync(IOpenImage open, List<RbdSnapshot> chain, RbdSnapshot? from, RbdSnapshot to, CancellationToken cancellationToken)
        => mode != DiffMode.Exact && ChainRule.WhyNot(open.State, chain) is null && await open.AreMapsValidAsync(chain, cancellationToken).ConfigureAwait(false)
            && (from is null || await RollbackProof.HoldsAsync(open, from, to, cancellationToken).ConfigureAwait(false)) ? mode : DiffMode.Exact;

    private async IAsyncEnumerable<Extent> ExtentsAsync(IOpenImage open, DiffRequest request, List<RbdSnapshot> chain, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RbdImage image = open.State.Image;
        long size = request.To.SizeBytes;
        var shaper = new ExtentShaper(image.PeriodBytes, request.From?.SizeBytes ?? size, size, keepsZeroes: request.From is not null);
        await foreach (IReadOnlyList<RawExtent> some in open.DiffAsync(request, cancellationToken).ConfigureAwait(false))
        {
            foreach (Extent extent in Shape(image, shaper, some))
            {
                yield return extent;
            }
        }

        // What is told of a snapshot that is removed meanwhile may be anything.
        await RequireChainAsync(open.State, request, chain, cancellationToken).ConfigureAwait(false);
        foreach (Extent extent in shaper.End())
        {
            yield return extent;
        }
    }

    private static IReadOnlyList<Extent> Shape(RbdImage image, ExtentShaper shaper, IReadOnlyList<RawExtent> some)
    {
        try
        {
            return shaper.Add(some);
        }
        catch (InvalidDataException e)
        {
            throw CephRbdErrors.Impossible(image, e.Message);
        }
    }

    private async Task RequireChainAsync(ImageState before, DiffRequest request, List<RbdSnapshot> chain, CancellationToken cancellationToken)
    {
        SnapshotRef about = before.RefOf(request.To);
        await using IOpenImage? again = await catalog.TryOpenAsync(before.Image.Ref, cancellationToken).ConfigureAwait(false);
        HashSet<ulong> left = [.. again?.State.Snapshots.Where(each => each.Space != SnapshotSpace.Trash).Select(each => each.Id) ?? []];
        if (!left.Contains(request.To.Id))
        {
            throw CephRbdErrors.MissingSnapshot(about);
        }

        if (request.From is { } from && !left.Contains(from.Id))
        {
            throw MissingBase(about);
        }

        if (request.Mode != DiffMode.Exact && chain.Find(each => !left.Contains(each.Id)) is { } gone)
        {
            throw new StorageEngineException(EngineStatus.Aborted, EngineReason.None, Recovery.Retry, $"The snapshot '{before.RefOf(gone)}', which lies between base and target, was removed during the query; ask again.")
            { Engine = CephRbdEngineFactory.SchemeName };
        }
    }
}
