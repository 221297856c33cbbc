using StorageEngines.Hosting;

namespace StorageEngines.EngineBenchmarks.Measuring;

/// <summary>Uses the fallback engine through the library, from this process.</summary>
internal sealed class LibraryCaller : IAsyncDisposable
{
    private readonly IStorageEngineCatalog _catalog;
    private readonly string _volume;
    private ResolvedVolume? _resolved;

    public LibraryCaller(BenchmarkSettings settings, string volume, string store)
    {
        _volume = volume;
        _catalog = StandaloneCatalog.Create(options =>
        {
            options.UnloadPlugins = false;
            options.PluginDirectories.Add(Path.Combine(Path.GetDirectoryName(settings.Tool)!, "plugins"));
            options.Engines["tarrsync"] = new Dictionary<string, string> { ["store"] = store };
        });
    }

    /// <summary>Finds the volume and takes a snapshot.</summary>
    public async Task SnapshotAsync(string name)
    {
        if (_resolved is not null)
        {
            await _resolved.DisposeAsync();
        }

        _resolved = await _catalog.ResolveAsync(VolumeAddress.Parse(_volume));
        await _resolved.Engine.Feature<ISnapshots>()!.CreateAsync(new CreateSnapshotRequest(_resolved.Volume.Ref, name));
    }

    /// <summary>Asks which bytes changed between two snapshots, from finding the snapshots to the last extent.</summary>
    public async Task<IReadOnlyList<Extent>> ChangesAsync(string baseName, string targetName)
    {
        _resolved ??= await _catalog.ResolveAsync(VolumeAddress.Parse(_volume));
        ISnapshots snapshots = _resolved.Engine.Feature<ISnapshots>() ?? throw new InvalidOperationException($"{_volume} takes no snapshots.");
        SnapshotInfo? from = null, to = null;
        await foreach (SnapshotInfo one in snapshots.ListAsync(_resolved.Volume.Ref))
        {
            from = one.Ref.Name == baseName ? one : from;
            to = one.Ref.Name == targetName ? one : to;
        }

        var answer = new List<Extent>();
        await foreach (ExtentBatch batch in _resolved.Engine.Feature<IBlockMap>()!.DeltaAsync(new DeltaQuery(from!.ChangeToken!, to!.Ref)))
        {
            answer.AddRange(batch.Extents);
        }

        return answer;
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
