using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Snapshots;

/// <summary>
/// Puts an image back. Ceph does so even while somebody has it open, who then goes on with a content that changed under him: so whoever has it open is looked for first.
/// </summary>
internal sealed class ImageRollback(ImageCatalog catalog)
{
    private const string Operation = "roll back";

    /// <summary>Throws if somebody has the image open for writing.</summary>
    internal async Task RequireUnusedAsync(IOpenImage open, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> watchers = await open.ListWatchersAsync(cancellationToken).ConfigureAwait(false);
        if (watchers.Count > 0)
        {
            throw new SnapshotInUseException(
                EngineReason.SnapshotBusy,
                $"'{open.State.Image.Path}' is open at {string.Join(", ", watchers)}; stop the virtual machine or unmap the device there, and roll back then. (One that crashed is forgotten after some 30 seconds.) Nothing was changed.",
                watchers)
            { Engine = CephRbdEngineFactory.SchemeName, Operation = Operation };
        }
    }

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
