namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>A connection to a cluster. Implements: rados_shutdown.</summary>
internal sealed class ClusterHandle(nint handle) : CephHandle(handle, null)
{
    /// <inheritdoc/>
    protected override void Free() => Rados.Shutdown(handle);
}
