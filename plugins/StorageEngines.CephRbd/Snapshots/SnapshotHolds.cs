using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Snapshots;

/// <summary>
/// Holds: the owners are noted in the image's metadata, and while there is one the snapshot is protected, if the image can be. What somebody else protected stays protected when the last hold is gone.
/// </summary>
internal sealed class SnapshotHolds(ImageCatalog catalog)
{
    private IImageChanges Changes => catalog.Host.Changes;

    /// <summary>Holds a snapshot.</summary>
    internal async Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken)
    {
        (IOpenImage open, RbdSnapshot found) = await catalog.OpenAsync(snapshot, cancellationToken).ConfigureAwait(false);
        await using (open.ConfigureAwait(false))
        {
            RbdImage image = open.State.Image;
            bool protects = found is { Space: SnapshotSpace.User, IsProtected: false } && image.Features.HasFlag(RbdFeatures.Layering);
            List<(string, string?)> notes = [(ImageNotes.HoldKey(image.Key, found.IdText, owner), "")];
            if (protects)
            {
                notes.Add((ImageNotes.ProtectedKey(image.Key, found.IdText), ""));
            }

            await Changes.NoteAsync(image, notes, cancellationToken).ConfigureAwait(false);
            if (protects)
            {
                await ProtectAsync(image, found, isProtected: true).ConfigureAwait(false);
            }
        }

        _ = await RequireAsync(snapshot).ConfigureAwait(false); // Deleted in the meantime, it is not held.
    }

    /// <summary>Takes a hold back.</summary>
    internal async Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken)
    {
        IOpenImage? open = await catalog.TryOpenAsync(snapshot.Volume, cancellationToken).ConfigureAwait(false);
        if (open is null)
        {
            return;
        }

        await using (open.ConfigureAwait(false))
        {
            if (open.State.Find(snapshot.Id) is not { } found)
            {
                return;
            }

            RbdImage image = open.State.Image;
            ImageNotes notes = await open.ReadNotesAsync(cancellationToken).ConfigureAwait(false);
            List<string> holds = notes.Holds(found);
            if (!holds.Contains(owner))
            {
                return;
            }

            bool isLast = holds.Count == 1 && notes.WeProtected(found);
            if (isLast && found.IsProtected && !await TryUnprotectAsync(image, found, cancellationToken).ConfigureAwait(false))
            {
                isLast = false; // Clones of format 1 need it: it goes when the snapshot is deleted.
            }

            List<(string, string?)> gone = [(ImageNotes.HoldKey(image.Key, found.IdText, owner), null)];
            if (isLast)
            {
                gone.Add((ImageNotes.ProtectedKey(image.Key, found.IdText), null));
            }

            await Changes.NoteAsync(image, gone, CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Does what needs the snapshot to be protected. If that fails, it stays protected only for a hold, or a clone, that needs it.</summary>
    internal async Task ProtectForAsync(IOpenImage open, RbdSnapshot snapshot, Func<Task> work, CancellationToken cancellationToken)
    {
        RbdImage image = open.State.Image;
        string key = ImageNotes.ProtectedKey(image.Key, snapshot.IdText);
        await Changes.NoteAsync(image, [(key, "")], cancellationToken).ConfigureAwait(false);
        await ProtectAsync(image, snapshot, isProtected: true).ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not StorageEngineException { OutcomeUnknown: true })
        {
            ImageNotes notes = await open.ReadNotesAsync(CancellationToken.None).ConfigureAwait(false);
            if (notes.Holds(snapshot).Count == 0 && await TryUnprotectAsync(image, snapshot, CancellationToken.None).ConfigureAwait(false))
            {
                await Changes.NoteAsync(image, [(key, null)], CancellationToken.None).ConfigureAwait(false);
            }

            throw;
        }
    }

    private async Task<RbdSnapshot> RequireAsync(SnapshotRef snapshot)
    {
        (IOpenImage open, RbdSnapshot found) = await catalog.OpenAsync(snapshot, CancellationToken.None).ConfigureAwait(false);
        await open.DisposeAsync().ConfigureAwait(false);
        return found;
    }

    private async Task ProtectAsync(RbdImage image, RbdSnapshot snapshot, bool isProtected)
    {
        try
        {
            await Changes.ProtectAsync(image, snapshot, isProtected, CancellationToken.None).ConfigureAwait(false);
        }
        catch (StorageEngineException e) when (e is SnapshotInUseException || e.Reason == EngineReason.VolumeMissing)
        {
            // Protected by somebody else in the same moment, or gone, which the caller finds out.
        }
    }

    private async Task<bool> TryUnprotectAsync(RbdImage image, RbdSnapshot snapshot, CancellationToken cancellationToken)
    {
        try
        {
            await Changes.ProtectAsync(image, snapshot, isProtected: false, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (SnapshotInUseException)
        {
            return false;
        }
    }
}
