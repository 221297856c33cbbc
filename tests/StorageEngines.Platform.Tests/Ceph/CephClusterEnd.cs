namespace StorageEngines.Platform.Tests.Ceph;

/// <summary>Gives the Ceph cluster up after the last test, if one used it.</summary>
public sealed class CephClusterEnd : IAsyncDisposable
{
    public ValueTask DisposeAsync() => CephCluster.EndAsync();
}
