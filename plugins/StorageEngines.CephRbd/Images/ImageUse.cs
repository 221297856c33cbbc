using StorageEngines.CephRbd.Hosts;

namespace StorageEngines.CephRbd.Images;

/// <summary>Who has an image open. Ceph changes it all the same, and he goes on with a content that changed under him.</summary>
internal static class ImageUse
{
    /// <summary>Throws if somebody has the image open for writing.</summary>
    /// <param name="open">The image.</param>
    /// <param name="operation">What is to be done with it, e.g. <c>roll back</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="SnapshotInUseException">Somebody has.</exception>
    internal static async Task RequireNoneAsync(IOpenImage open, string operation, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> watchers = await open.ListWatchersAsync(cancellationToken).ConfigureAwait(false);
        if (watchers.Count > 0)
        {
            throw new SnapshotInUseException(
                EngineReason.SnapshotBusy,
                $"'{open.State.Image.Path}' is open at {string.Join(", ", watchers)}; stop the virtual machine or unmap the device there, and {operation} then. (One that crashed is forgotten after some 30 seconds.) Nothing was changed.",
                watchers)
            { Engine = CephRbdEngineFactory.SchemeName, Operation = operation };
        }
    }
}
