namespace StorageEngines.Platform.Tests.StorageVm;

/// <summary>The virtual machine is not there; tests that need it are skipped.</summary>
internal sealed class StorageVmMissingException(string message) : Exception(message);
