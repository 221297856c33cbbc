using System.Globalization;
using System.Runtime.CompilerServices;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Blocks;

/// <summary>What differs between two states of an image, found in the mode that can be trusted for them. Safe for use by several threads.</summary>
/// <param name="catalog">Looks for what is removed meanwhile.</param>
/// <param name="mode">The mode that is wished.</param>
internal sealed class ImageDifferences(ImageCatalog catalog, DiffMode mode)
{
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
            throw CephRbdErrors.MissingBase(about);
        }

        return found.Space == SnapshotSpace.User || found.Id == target.Id || catalog.Host.CanDiffFromGroups ? found
            : throw new ChangeTrackingUnavailableException(EngineReason.ChangeTrackingOff,
                $"'{state.RefOf(found)}' is a member of a group's snapshot, and what changed since one can be asked by librbd of Reef (18.2.5) and later only; take a full copy, or update librbd here.")
            { Engine = Engine };
    }

    /// <summary>Decides how a difference is asked for.</summary>
    /// <param name="open">The image.</param>
    /// <param name="from">The older snapshot; null for all that there is.</param>
    /// <param name="to">The newer snapshot, or <see cref="ImageState.Head"/>.</param>
    /// <param name="startingOffset">Extents that end at it or before are not needed; bytes.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal async Task<DiffRequest> ChooseAsync(IOpenImage open, RbdSnapshot? from, RbdSnapshot to, long startingOffset, CancellationToken cancellationToken)
    {
        List<RbdSnapshot> chain = ChainRule.Between(open.State, from, to);
        bool isTrusted = mode != DiffMode.Exact && ChainRule.WhyNot(open.State, chain) is null && await open.AreMapsValidAsync(chain, cancellationToken).ConfigureAwait(false)
            && (from is null || await RollbackProof.HoldsAsync(open, from, to, cancellationToken).ConfigureAwait(false));
        return new DiffRequest(from, to, isTrusted ? mode : DiffMode.Exact, startingOffset);
    }

    /// <summary>Reads a difference: extents in order, disjoint, neighbours joined. It may end only when everything was told, and the snapshots were still there.</summary>
    internal async IAsyncEnumerable<Extent> ReadAsync(IOpenImage open, DiffRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RbdImage image = open.State.Image;
        long size = request.To.SizeBytes;
        if (request.StartingOffset >= size || request.From?.Id == request.To.Id)
        {
            yield break;
        }

        var shaper = new ExtentShaper(image.PeriodBytes, request.From?.SizeBytes ?? size, size, keepsZeroes: request.From is not null);
        await foreach (IReadOnlyList<RawExtent> some in open.DiffAsync(request, cancellationToken).ConfigureAwait(false))
        {
            foreach (Extent extent in Shape(image, shaper, some))
            {
                yield return extent;
            }
        }

        // What is told of a snapshot that is removed meanwhile may be anything.
        await RequireThereAsync(open.State, request, cancellationToken).ConfigureAwait(false);
        foreach (Extent extent in shaper.End())
        {
            yield return extent;
        }
    }

    /// <summary>Throws if a snapshot is gone that a difference was told of.</summary>
    /// <param name="before">The image as it was then.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="StorageEngineException">The target, the base, or one in between that counts is gone.</exception>
    internal async Task RequireThereAsync(ImageState before, DiffRequest request, CancellationToken cancellationToken)
    {
        SnapshotRef about = before.RefOf(request.To);
        await using IOpenImage? again = await catalog.TryOpenAsync(before.Image.Ref, cancellationToken).ConfigureAwait(false);
        HashSet<ulong> left = again is null ? [] : [RbdSnapshot.HeadId, .. again.State.Snapshots.Where(each => each.Space != SnapshotSpace.Trash).Select(each => each.Id)];
        if (!left.Contains(request.To.Id))
        {
            throw CephRbdErrors.MissingSnapshot(about);
        }

        if (request.From is { } from && !left.Contains(from.Id))
        {
            throw CephRbdErrors.MissingBase(about);
        }

        if (request.Mode != DiffMode.Exact && ChainRule.Between(before, request.From, request.To).Find(each => !left.Contains(each.Id)) is { } gone)
        {
            throw new StorageEngineException(EngineStatus.Aborted, EngineReason.None, Recovery.Retry, $"The snapshot '{before.RefOf(gone)}', which lies between base and target, was removed during the query; ask again.")
            { Engine = CephRbdEngineFactory.SchemeName };
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
}
