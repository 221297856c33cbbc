using StorageEngines.CephRbd.Blocks;
using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;
using StorageEngines.RbdDiffs;

namespace StorageEngines.CephRbd.Transfer;

/// <summary>One application of a stream to an image. Before the first write everything is checked; after it the image gets the stream's snapshot, or is put back. Used once.</summary>
/// <param name="catalog">Opens the image.</param>
/// <param name="differences">Tells what differs.</param>
/// <param name="diff">The stream, which is whole.</param>
/// <param name="open">The image; stays the caller's.</param>
/// <param name="progress">Told how far it is; null for nobody.</param>
internal sealed class DiffApply(ImageCatalog catalog, ImageDifferences differences, ReceivedDiff diff, IOpenImage open, IProgress<OperationProgress>? progress)
{
    private const string Operation = "apply";

    private readonly ApplyBase _base = new(catalog, differences);

    private RbdImage Image => open.State.Image;

    private IImageChanges Changes => catalog.Host.Changes;

    /// <summary>Applies it.</summary>
    /// <returns>The snapshot that it brought.</returns>
    internal async Task<SnapshotInfo> RunAsync(CancellationToken cancellationToken)
    {
        string name = diff.RequireTargetName();
        ImageNotes notes = await open.ReadNotesAsync(cancellationToken).ConfigureAwait(false);
        if (open.State.Named(name) is { } there)
        {
            return diff.TargetIdentity is { } identity && ApplyBase.Is(there, identity, open.State, notes)
                ? catalog.Describe(open.State, there, notes)
                : throw CephRbdErrors.NameTaken($"'{open.State.RefOf(there)}' is there already, and is not known to be what the stream brings; rename or delete it first. Nothing was written.");
        }

        RbdSnapshot? from = diff.Header.From is null ? null : ApplyBase.Find(diff, open.State, notes);
        await ImageUse.RequireNoneAsync(open, Operation, cancellationToken).ConfigureAwait(false);
        bool isEmpty = false;
        if (from is not null)
        {
            await _base.RequireUnchangedAsync(diff, open, from, progress, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            ApplyBase.RequireNoSnapshots(open.State);
            isEmpty = await _base.IsEmptyAsync(open, cancellationToken).ConfigureAwait(false);
        }

        await ImageUse.RequireNoneAsync(open, Operation, cancellationToken).ConfigureAwait(false);
        return await ChangeAsync(name, from, isEmpty, cancellationToken).ConfigureAwait(false);
    }

    private async Task<SnapshotInfo> ChangeAsync(string name, RbdSnapshot? from, bool isEmpty, CancellationToken cancellationToken)
    {
        var undo = new ApplyUndo(catalog, open.State, from, isEmpty);
        try
        {
            bool isCleared = from is null && !isEmpty && Image.SizeBytes > 0;
            undo.HasBegun = isCleared || Image.SizeBytes != diff.Header.SizeBytes;
            if (isCleared)
            {
                await Changes.ResizeAsync(Image, 0, cancellationToken).ConfigureAwait(false); // Of a clone nothing of its parent is seen any more either.
            }

            await WriteAsync(isCleared ? Image with { SizeBytes = 0 } : Image, keepsZeroes: from is not null, undo, cancellationToken).ConfigureAwait(false);
            undo.Snapshot = name;
            await CutAsync(name, undo, cancellationToken).ConfigureAwait(false);
            return await FinishAsync(name).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            StorageEngineException? failure = await undo.RunAsync(e).ConfigureAwait(false);
            _ = failure is null ? 0 : throw failure;
            throw; // It changed nothing, or nobody has to be told so, since he cancelled it himself.
        }
    }

    private async Task WriteAsync(RbdImage image, bool keepsZeroes, ApplyUndo undo, CancellationToken cancellationToken)
    {
        using RbdDiffReader reader = diff.Reread();
        RbdDiffHeader header = await reader.ReadHeaderAsync(cancellationToken).ConfigureAwait(false);
        await using IImageWriting writing = await catalog.Host.OpenForWritingAsync(image, header.SizeBytes, cancellationToken).ConfigureAwait(false);
        undo.HasBegun = true;
        byte[] buffer = new byte[RbdDiffFormat.MaxWriteBytes];
        long records = 0;
        while (await reader.ReadRecordAsync(cancellationToken).ConfigureAwait(false) is { } range)
        {
            if (range.State == ExtentState.Zero && keepsZeroes)
            {
                await writing.ZeroAsync(range.Offset, range.Length, cancellationToken).ConfigureAwait(false);
            }

            int read;
            for (long at = range.Offset; (read = await reader.ReadDataAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0; at += read)
            {
                await writing.WriteAsync(at, buffer.AsMemory(0, read), cancellationToken).ConfigureAwait(false);
            }

            progress?.Report(new OperationProgress(Operation, reader.Position, diff.Length, ++records));
        }

        await writing.FinishAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task CutAsync(string name, ApplyUndo undo, CancellationToken cancellationToken)
    {
        try
        {
            await Changes.CreateSnapshotAsync(Image, name, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageEngineException e) when (e.Reason == EngineReason.NameTaken)
        {
            undo.Snapshot = null; // Somebody else's, which was not there before.
            throw;
        }
    }

    private async Task<SnapshotInfo> FinishAsync(string name)
    {
        await using IOpenImage now = await catalog.OpenAsync(Image.Ref, CancellationToken.None).ConfigureAwait(false);
        RbdSnapshot made = now.State.Named(name) ?? throw CephRbdErrors.MissingSnapshot(new SnapshotRef(Image.Ref, name, name));
        if (diff.TargetIdentity is { } identity)
        {
            await Changes.NoteAsync(Image, [(ImageNotes.SourceKey(Image.Key, made.IdText), identity.ToString("D"))], CancellationToken.None).ConfigureAwait(false);
        }

        SnapshotInfo brought = catalog.Describe(now.State, made, await now.ReadNotesAsync(CancellationToken.None).ConfigureAwait(false));
        await NoteWitnessesAsync(now, made).ConfigureAwait(false);
        return brought;
    }

    // The note of the source is what others go on from: without it the apply fails. This one only saves time.
    private async Task NoteWitnessesAsync(IOpenImage now, RbdSnapshot made)
    {
        try
        {
            if (await RollbackProof.FindAsync(open.State, now, made, catalog.Host.CanDiffFromGroups, CancellationToken.None).ConfigureAwait(false) is { } witnesses)
            {
                await Changes.NoteAsync(Image, [(ImageNotes.WitnessKey(Image.Key, made.IdText), witnesses)], CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (StorageEngineException)
        {
            // What was applied is whole, and is not taken back for it: the next difference is found exactly then, which takes longer and is no less right.
        }
    }
}
