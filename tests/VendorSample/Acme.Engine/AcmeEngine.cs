using System.Runtime.CompilerServices;
using System.Text;
using StorageEngines;

namespace Acme;

/// <summary>Acme's disk images as block volumes; a snapshot is a copy, a delta is a comparison.</summary>
internal sealed partial class AcmeEngine(TimeProvider time) : IStorageEngine
{
    private const int BlockBytes = 4096;

    private static readonly EngineCapabilities Capabilities = new(
        EngineCapability.Snapshot | EngineCapability.Allocated | EngineCapability.Delta | EngineCapability.ReadSnapshot,
        new DeltaTraits(BlockBytes, ExtentStyle.VariableLength, Exactness.Exact, ReportsZeroes: false, BaseDataMustExist: true, NeedsAdjacentSnapshots: false, SurvivesResize: true, SurvivesReboot: true));

    private readonly ImageStore _store = new(time);

    public string Name => "acme";

    public ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default)
        => new(new EngineProbe($"acme 3.1.4 with {Spectre.Console.AcmeConsole.Version}", []));

    public ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
    {
        _ = volume is null ? null : _store.PathOf(volume);
        return new(Capabilities);
    }

    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        foreach (VolumeInfo volume in _store.Volumes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return volume;
            await Task.CompletedTask;
        }
    }

    public ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
    {
        string path = Encoding.UTF8.GetString(location.Span);
        return ImageStore.IsVolume(path) ? new(_store.Remember(path)) : throw new VolumeNotFoundException(location.ToString());
    }

    public T? Feature<T>()
        where T : class, IEngineFeature
        => this as T;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
