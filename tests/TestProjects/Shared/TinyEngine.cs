using System.Runtime.CompilerServices;
using StorageEngines;

namespace TinyPlugin;

/// <summary>An engine without features. Its probe tells which code it runs on.</summary>
internal sealed class TinyEngine(string name, string version) : IStorageEngine
{
    public string Name => name;

    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => new(new EngineProbe(version, []));

    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
        => new(new EngineCapabilities(EngineCapability.None, null));

    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return await ResolveVolumeAsync(BytePath.FromString("/tiny"), cancellationToken);
    }

    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => new(new VolumeInfo(new VolumeRef(name, location.ToString()), VolumeKind.Tree, location, null));

    public T? Feature<T>()
        where T : class, IEngineFeature
        => null;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
