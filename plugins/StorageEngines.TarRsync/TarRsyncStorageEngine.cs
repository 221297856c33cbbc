namespace StorageEngines.TarRsync;
internal sealed class TarRsyncStorageEngine(string store, TimeProvider time) : IStorageEngine
{
    public string Name => store + time;
    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    public T? Feature<T>() where T : class, IEngineFeature => null;
    public ValueTask DisposeAsync() => default;
}
