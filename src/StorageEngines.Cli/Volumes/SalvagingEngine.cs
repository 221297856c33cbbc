using System.Collections.Concurrent;

namespace StorageEngines.Cli.Volumes;

/// <summary>An engine whose damaged data reads as zeroes, and that remembers what was damaged. Safe for use by several threads.</summary>
internal sealed class SalvagingEngine(IStorageEngine inner) : IStorageEngine, ISnapshotReader
{
    private readonly ConcurrentDictionary<string, string> _damages = new(StringComparer.Ordinal);

    /// <summary>What could not be read, a sentence for each file, by path.</summary>
    internal IReadOnlyList<string> Damages => [.. _damages.OrderBy(damage => damage.Key, StringComparer.Ordinal).Select(damage => damage.Value)];

    /// <inheritdoc/>
    public string Name => inner.Name;

    /// <inheritdoc/>
    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => inner.ProbeAsync(cancellationToken);

    /// <inheritdoc/>
    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
        => inner.GetCapabilitiesAsync(volume, cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default) => inner.ListVolumesAsync(cancellationToken);

    /// <inheritdoc/>
    public IAsyncEnumerable<VolumeInfo> ListVolumesWithinAsync(BytePath place, CancellationToken cancellationToken = default) => inner.ListVolumesWithinAsync(place, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => inner.ResolveVolumeAsync(location, cancellationToken);

    /// <inheritdoc/>
    public T? Feature<T>()
        where T : class, IEngineFeature
        => typeof(T) == typeof(ISnapshotReader) && inner.Feature<T>() is not null ? this as T : inner.Feature<T>();

    /// <inheritdoc/>
    public async ValueTask<Stream> OpenReadAsync(SnapshotRef snapshot, BytePath? path = null, CancellationToken cancellationToken = default)
    {
        string name = path?.ToString() ?? snapshot.ToString();
        return new SalvagingStream(
            await inner.Feature<ISnapshotReader>()!.OpenReadAsync(snapshot, path, cancellationToken),
            (lost, why) => _damages[name] = $"'{name}': {Output.Sizes.Exact(lost)} could not be read and are zeroes: {why.Message}");
    }

    /// <summary>The caller's engine goes on.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
