using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;
using StorageEngines.RbdDiffs;

namespace StorageEngines.CephRbd.Transfer;

/// <summary>Decides whether an image is what a stream goes on from. Nothing is written.</summary>
/// <param name="catalog">Opens the image.</param>
/// <param name="differences">Tells what differs.</param>
internal sealed class ApplyBase(ImageCatalog catalog, ImageDifferences differences)
{
    /// <summary>The snapshot of the image that is the stream's base.</summary>
    /// <exception cref="BaseMismatchException">There is none, or only another one of its name.</exception>
    internal static RbdSnapshot Find(ReceivedDiff diff, ImageState state, ImageNotes notes)
    {
        string name = diff.BaseName;
        RbdSnapshot? named = state.Named(name);
        RbdSnapshot? found = diff.BaseIdentity is { } identity ? state.Snapshots.LastOrDefault(each => each.Space == SnapshotSpace.User && Is(each, identity, state, notes)) : null;

        // An identity as a name is as good as a note; any other name is good only if there is nothing else.
        found ??= diff.Source is null ? named : null;
        return found ?? throw CephRbdErrors.Mismatch(
            Expected(diff),
            named is null ? null : notes.Source(named)?.ToString() ?? StreamIdentity.Of(state.RefOf(named)).ToString(),
            named is null
                ? $"'{state.Image.Path}' has no snapshot '{name}', the base that the stream was made from; apply a full stream to a new image first"
                : $"'{state.RefOf(named)}' has the name of the stream's base, but is another snapshot, or was not brought by an apply of this engine; apply the full stream of the base to a new image first");
    }

    /// <summary>Whether a snapshot is the one that an identity is of: itself, or brought from it.</summary>
    internal static bool Is(RbdSnapshot snapshot, Guid identity, ImageState state, ImageNotes notes)
        => notes.Source(snapshot) == identity || StreamIdentity.Of(state.RefOf(snapshot)) == identity;

    /// <summary>Refuses an image that was changed since its base.</summary>
    /// <exception cref="BaseMismatchException">It was.</exception>
    internal async Task RequireUnchangedAsync(ReceivedDiff diff, IOpenImage open, RbdSnapshot from, IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        ImageState state = open.State;
        if (state.Head.SizeBytes != from.SizeBytes)
        {
            throw Changed(diff, state, from, $"it has {state.Head.SizeBytes} bytes now, and had {from.SizeBytes}");
        }

        IOpenImage? old = null, now = null;
        try
        {
            DiffRequest request = await differences.ChooseAsync(open, from, state.Head, 0, cancellationToken).ConfigureAwait(false);
            IAsyncEnumerable<Extent> extents = differences.ReadAsync(open, request, cancellationToken).Select(each => Extent.FromBounds(each.Offset, each.End, ExtentState.Data));
            await foreach (ReadWindow window in ReadWindow.CutAsync(extents).ConfigureAwait(false))
            {
                // A roll back leaves such extents: the same bytes were written again.
                old ??= await catalog.OpenAsync(state.Image.Ref, cancellationToken).ConfigureAwait(false);
                now ??= await catalog.OpenAsync(state.Image.Ref, cancellationToken).ConfigureAwait(false);
                byte[] before = await old.ReadAsync(from, window.Ranges, cancellationToken).ConfigureAwait(false);
                byte[] after = await now.ReadAsync(state.Head, window.Ranges, cancellationToken).ConfigureAwait(false);
                int same = before.AsSpan().CommonPrefixLength(after);
                _ = same == before.Length ? 0 : throw Changed(diff, state, from, $"byte {window.OffsetOf(same)} is another one");
                progress?.Report(new OperationProgress("compare with base", window.Parts[^1].Extent.End, from.SizeBytes));
            }
        }
        finally
        {
            await DisposeAsync(old).ConfigureAwait(false);
            await DisposeAsync(now).ConfigureAwait(false);
        }
    }

    /// <summary>Refuses an image that has snapshots.</summary>
    /// <exception cref="BaseMismatchException">It has.</exception>
    internal static void RequireNoSnapshots(ImageState state)
    {
        if (state.Snapshots.LastOrDefault(each => each.IsVisible) is { } newest)
        {
            throw CephRbdErrors.Mismatch(
                "nothing", newest.IdText,
                $"'{state.Image.Path}' has snapshots ('{newest.Label}' is the newest), and a full stream replaces all of it; make a new image for it ('rbd create'), or apply what changed since a snapshot");
        }
    }

    /// <summary>Whether nothing was ever written to an image, or all of it was given back.</summary>
    internal async Task<bool> IsEmptyAsync(IOpenImage open, CancellationToken cancellationToken)
    {
        DiffRequest request = await differences.ChooseAsync(open, null, open.State.Head, 0, cancellationToken).ConfigureAwait(false);
        return !await differences.ReadAsync(open, request, cancellationToken).AnyAsync(cancellationToken).ConfigureAwait(false);
    }

    private static BaseMismatchException Changed(ReceivedDiff diff, ImageState state, RbdSnapshot from, string how)
        => CephRbdErrors.Mismatch(Expected(diff), null, $"'{state.Image.Path}' was changed since its snapshot '{from.Name}', the stream's base: {how}; roll it back to that first ('rbd snap rollback')");

    private static string Expected(ReceivedDiff diff) => diff.BaseIdentity?.ToString() ?? diff.BaseName;

    private static ValueTask DisposeAsync(IOpenImage? open) => open?.DisposeAsync() ?? default;
}
