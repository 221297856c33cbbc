using System.Runtime.CompilerServices;

namespace StorageEngines.Tests;

/// <summary>Another engine whose file diff is changed on its way: a null drops the change.</summary>
internal sealed class DistortedEngine(IStorageEngine inner, Func<FileChange, FileChange?> distort) : IStorageEngine, IFileDiff
{
    public string Name => inner.Name;

    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => inner.ProbeAsync(cancellationToken);

    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
        => inner.GetCapabilitiesAsync(volume, cancellationToken);

    public IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default) => inner.ListVolumesAsync(cancellationToken);

    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => inner.ResolveVolumeAsync(location, cancellationToken);

    public T? Feature<T>()
        where T : class, IEngineFeature
        => typeof(T) == typeof(IFileDiff) ? this as T : inner.Feature<T>();

    public async IAsyncEnumerable<FileChange> DiffAsync(FileDiffQuery query, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await foreach (FileChange change in inner.Feature<IFileDiff>()!.DiffAsync(query, cancellationToken))
        {
            if (distort(change) is { } distorted)
            {
                yield return distorted;
            }
        }
    }

    public ValueTask DisposeAsync() => default;
}
