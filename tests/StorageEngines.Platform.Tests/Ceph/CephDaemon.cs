namespace StorageEngines.Platform.Tests.Ceph;

/// <summary>A process of the Ceph cluster.</summary>
internal enum CephDaemon
{
    /// <summary>It knows the cluster and its users; nobody connects without it.</summary>
    Mon,

    /// <summary>It keeps the data.</summary>
    Osd,
}
