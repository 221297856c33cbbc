using System.Runtime.CompilerServices;

namespace StorageEngines.Hosting.Tests;

/// <summary>An engine that resolves every location but <c>/missing</c>, and remembers the context it was made with.</summary>
internal sealed class StubEngine(string name, EngineContext context) : IStorageEngine
{
    public EngineContext Context { get; } = context;

    public string Name => name;

    public bool IsDisposed { get; private set; }

    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default) => new(new EngineProbe("1", []));

    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
        => new(new EngineCapabilities(EngineCapability.None, null));

    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        yield return await ResolveVolumeAsync(BytePath.FromString("/a"), cancellationToken);
    }

    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => location == BytePath.FromString("/missing")
            ? throw new VolumeNotFoundException("/missing")
            : new(new VolumeInfo(new VolumeRef(name, location.ToString()), VolumeKind.Tree, location, null));

    public T? Feature<T>()
        where T : class, IEngineFeature
        => null;

    public ValueTask DisposeAsync()
    {
        IsDisposed = true;
        return ValueTask.CompletedTask;
    }
}
