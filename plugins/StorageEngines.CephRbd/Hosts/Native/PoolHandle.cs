namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>A pool, or a namespace of it. Implements: rados_ioctx_destroy.</summary>
internal sealed class PoolHandle(nint handle, ClusterHandle cluster) : CephHandle(handle, cluster)
{
    /// <inheritdoc/>
    protected override void Free() => Rados.DestroyPool(handle);
}
