using StorageEngines.Hosting;

namespace StorageEngines.EngineBenchmarks;

/// <summary>Uses an engine through the library, from this process.</summary>
internal sealed class LibraryCaller : IAsyncDisposable
{
    private readonly IStorageEngineCatalog _catalog;
    private readonly string _volume;
    private ResolvedVolume? _resolved;

    public LibraryCaller(BenchmarkSettings settings, string scheme, string volume, string store)
    {
        _volume = volume;
        _catalog = StandaloneCatalog.Create(options =>
        {
            options.UnloadPlugins = false;
            options.PluginDirectories.Add(Path.Combine(Path.GetDirectoryName(settings.Tool)!, "plugins"));
            options.Engines[scheme] = new Dictionary<string, string> { ["store"] = store };
        });
    }

    /// <summary>Takes a snapshot.</summary>
    public async Task SnapshotAsync(string name)
    {
        _resolved ??= await _catalog.ResolveAsync(VolumeAddress.Parse(_volume));
        ISnapshots snapshots = _resolved.Engine.Feature<ISnapshots>() ?? throw new InvalidOperationException($"{_volume} takes no snapshots.");
        await snapshots.CreateAsync(new CreateSnapshotRequest(_resolved.Volume.Ref, name));
    }

    public async ValueTask DisposeAsync()
    {
        if (_resolved is not null)
        {
            await _resolved.Engine.DisposeAsync();
        }

        await _catalog.DisposeAsync();
    }
}
