using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Transfer;

/// <summary>Puts an image back that an apply has begun to write to: to the base, or, where a full stream was applied, to an empty image of the size it had.</summary>
/// <param name="catalog">Opens the image.</param>
/// <param name="before">The image as it was.</param>
/// <param name="from">The base; null for a full stream.</param>
/// <param name="wasEmpty">Whether a full stream found nothing in it.</param>
internal sealed class ApplyUndo(ImageCatalog catalog, ImageState before, RbdSnapshot? from, bool wasEmpty)
{
    /// <summary>Whether anything may have been changed. Default: no.</summary>
    internal bool HasBegun { get; set; }

    /// <summary>The snapshot that may have been cut already, and is to go; null for none. Default: null.</summary>
    internal string? Snapshot { get; set; }

    private RbdImage Image => before.Image;

    /// <summary>Does it.</summary>
    /// <param name="cause">What made it necessary.</param>
    /// <returns>The error to be told; null if that is <paramref name="cause"/>, because nothing was changed yet, or somebody cancelled and all is as it was.</returns>
    internal async Task<StorageEngineException?> RunAsync(Exception cause)
    {
        if (!HasBegun)
        {
            return null;
        }

        try
        {
            await RestoreAsync().ConfigureAwait(false);
        }
        catch (StorageEngineException e) when (cause is StorageEngineException { Status: EngineStatus.PermissionDenied } && e.Status == EngineStatus.PermissionDenied)
        {
            return null; // Who may not roll back could not write either.
        }
        catch (Exception e) when (e is StorageEngineException or IOException)
        {
            string advice = from is null ? $"remove the image '{Image.Path}', or apply a full stream to it again" : $"roll it back before anything else ('rbd snap rollback {Image.Path}@{from.Name}')";
            string message = $"{Told(cause)} Putting '{Image.Path}' back failed too: {e.Message} It is half-written; {advice}.";
            return new StorageEngineException(EngineStatus.DataLoss, EngineReason.None, Recovery.OperatorAction, message, new AggregateException(cause, e))
            { Engine = CephRbdEngineFactory.SchemeName, Operation = "apply", OutcomeUnknown = true };
        }

        bool isAsItWas = from is not null || wasEmpty;
        return cause is OperationCanceledException && isAsItWas ? null : Restored(cause);
    }

    private static string Told(Exception cause) => cause is OperationCanceledException ? "The apply was cancelled." : cause.Message;

    private StorageEngineException Restored(Exception cause)
    {
        string state = from is not null ? $"'{Image.Path}' was rolled back to '{from.Name}' and is as it was before."
            : wasEmpty ? $"'{Image.Path}' was emptied again and is as it was before."
            : $"'{Image.Path}' is empty now; what it held before the full stream is gone.";
        var known = cause as StorageEngineException;
        (EngineStatus status, EngineReason reason, Recovery recovery) = known is not null ? (known.Status, known.Reason, known.Recovery)
            : cause is OperationCanceledException ? (EngineStatus.Cancelled, EngineReason.None, Recovery.Retry)
            : (EngineStatus.Aborted, EngineReason.None, Recovery.Retry);
        return new StorageEngineException(status, reason, recovery, $"{Told(cause)} {state}", cause)
        { Engine = CephRbdEngineFactory.SchemeName, Operation = "apply", BackendCode = known?.BackendCode, BackendText = known?.BackendText };
    }

    private async Task RestoreAsync()
    {
        IImageChanges changes = catalog.Host.Changes;
        ImageState now;
        await using (IOpenImage open = await catalog.OpenAsync(Image.Ref, CancellationToken.None).ConfigureAwait(false))
        {
            now = open.State;
        }

        if (Snapshot is { } name && now.Named(name) is { } cut)
        {
            await changes.RemoveSnapshotAsync(now.Image, cut, CancellationToken.None).ConfigureAwait(false);
        }

        if (from is not null)
        {
            await changes.RollbackAsync(now.Image, from, null, CancellationToken.None).ConfigureAwait(false);
            return;
        }

        if (now.Image.SizeBytes > 0)
        {
            await changes.ResizeAsync(now.Image, 0, CancellationToken.None).ConfigureAwait(false);
        }

        if (Image.SizeBytes > 0)
        {
            await changes.ResizeAsync(now.Image, Image.SizeBytes, CancellationToken.None).ConfigureAwait(false);
        }
    }
}
