using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Snapshots;

/// <summary>Puts an image back. Ceph does so even while somebody has it open: so whoever has it open is looked for first.</summary>
internal sealed class ImageRollback(ImageCatalog catalog)
{
    private const string Operation = "roll back";

    /// <summary>Throws if somebody has the image open for writing.</summary>
    internal Task RequireUnusedAsync(IOpenImage open, CancellationToken cancellationToken) => ImageUse.RequireNoneAsync(open, Operation, cancellationToken);

    /// <summary>Does it. Once it has begun, it runs to its end.</summary>
    internal async Task RunAsync(IOpenImage open, RbdSnapshot snapshot, IProgress<OperationProgress>? progress, CancellationToken cancellationToken)
    {
        await RequireUnusedAsync(open, cancellationToken).ConfigureAwait(false);
        try
        {
            await catalog.Host.Changes.RollbackAsync(open.State.Image, snapshot, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (StorageEngineException e) when (e.Reason == EngineReason.VolumeMissing)
        {
            throw CephRbdErrors.MissingSnapshot(open.State.RefOf(snapshot));
        }
    }
}
