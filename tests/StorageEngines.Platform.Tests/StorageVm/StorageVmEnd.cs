namespace StorageEngines.Platform.Tests.StorageVm;

/// <summary>Stops the virtual machine after the last test, if it was started by one.</summary>
public sealed class StorageVmEnd : IAsyncDisposable
{
    public ValueTask DisposeAsync() => StorageVm.EndAsync();
}
