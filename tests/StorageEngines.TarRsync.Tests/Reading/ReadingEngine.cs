namespace StorageEngines.TarRsync.Tests.Reading;

/// <summary>Just enough of an engine to hand the reading features to the specification's oracles.</summary>
internal sealed class ReadingEngine(ReadingScratch scratch) : IStorageEngine
{
    private readonly IEngineFeature[] _features = [scratch.BlockMap, scratch.FileDiff, scratch.Trees, scratch.Data];

    public string Name => ReadingScratch.Engine;

    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public T? Feature<T>()
        where T : class, IEngineFeature => _features.OfType<T>().FirstOrDefault();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
