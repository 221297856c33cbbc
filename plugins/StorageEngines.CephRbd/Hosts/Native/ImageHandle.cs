namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>An image that is open. Implements: rbd_close.</summary>
internal sealed class ImageHandle(nint handle, PoolHandle pool) : CephHandle(handle, pool)
{
    /// <inheritdoc/>
    protected override void Free() => _ = Rbd.Close(handle);
}
