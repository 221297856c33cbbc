namespace StorageEngines.Platform.Tests.Ceph;

/// <summary>There is no Ceph cluster; tests that need it are skipped, or fail if it is required.</summary>
internal sealed class CephMissingException(string message) : Exception(message);
