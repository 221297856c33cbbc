namespace StorageEngines.Hosting;

/// <summary>An open engine that counts as a use of its plug-in until it is disposed.</summary>
internal sealed class LeasedEngine(IStorageEngine engine, EngineSource source) : IStorageEngine
{
    private IStorageEngine? _engine = engine;

    public string Name { get; } = engine.Name;

    private IStorageEngine Engine => _engine ?? throw new ObjectDisposedException($"engine {Name}");

    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => Engine.ProbeAsync(cancellationToken);

    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
        => Engine.GetCapabilitiesAsync(volume, cancellationToken);

    public IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default) => Engine.ListVolumesAsync(cancellationToken);

    public IAsyncEnumerable<VolumeInfo> ListVolumesWithinAsync(BytePath place, CancellationToken cancellationToken = default) => Engine.ListVolumesWithinAsync(place, cancellationToken);

    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => Engine.ResolveVolumeAsync(location, cancellationToken);

    public T? Feature<T>()
        where T : class, IEngineFeature
        => Engine.Feature<T>();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _engine, null) is not { } open)
        {
            return;
        }

        try
        {
            await open.DisposeAsync().ConfigureAwait(false);
        }
        finally
        {
            source.Release();
        }
    }
}
