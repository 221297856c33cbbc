using System.Runtime.CompilerServices;
using System.Text;
using StorageEngines.LvmThin.Blocks;
using StorageEngines.LvmThin.Hosts;
using StorageEngines.LvmThin.Reading;
using StorageEngines.LvmThin.Snapshots;
using StorageEngines.LvmThin.Volumes;
using StorageEngines.RemoteShells;

namespace StorageEngines.LvmThin;

/// <summary>The LVM thin engine, on this machine or another.</summary>
/// <remarks>
/// There are no group snapshots: LVM cuts one volume at a time, and to suspend several meanwhile cannot be made safe, for LVM itself and the shell may need what is suspended.
/// </remarks>
internal sealed class LvmThinStorageEngine : IStorageEngine
{
    private const EngineCapability Flags = EngineCapability.Snapshot | EngineCapability.Clone | EngineCapability.RollbackInPlace | EngineCapability.Hold | EngineCapability.Allocated
        | EngineCapability.Delta | EngineCapability.ReadSnapshot;

    private readonly VolumeCatalog _catalog;
    private readonly LvmSnapshotReader _reader;
    private readonly IEngineFeature[] _features;

    /// <summary>Makes an engine. Does no I/O.</summary>
    /// <param name="host">Where it works.</param>
    internal LvmThinStorageEngine(LvmHost host)
    {
        Host = host;
        _catalog = new VolumeCatalog(host);
        _reader = new LvmSnapshotReader(host, _catalog);
        _features = [new LvmSnapshots(host, _catalog), new LvmBlockMap(host, _catalog), _reader];
    }

    /// <summary>Where it works.</summary>
    internal LvmHost Host { get; }

    /// <inheritdoc/>
    public string Name => LvmThinEngineFactory.SchemeName;

    /// <inheritdoc/>
    /// <remarks>Implements: lvm(8) version, thin_delta(8), id(1).</remarks>
    public async ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default)
    {
        Script script = new Script().Text("v=$(lvm version) || exit; printf '%s\\0' \"$v\"; printf '%s\\0' \"$(thin_delta --version 2>/dev/null)\"; id -u; for p in flock setsid dmsetup; do command -v \"$p\" >/dev/null || { echo \"$p: not found\" >&2; exit 127; }; done");
        string[] told = Encoding.UTF8.GetString(await Host.AskAsync("probe", "LVM", script, cancellationToken).ConfigureAwait(false)).Split('\0');
        if (told.Length != 3 || told[2].Trim() != "0")
        {
            throw new StorageEngineException(EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction, $"LVM can be used by root only; log in to {Host.Runner.Host} as root.") { Engine = Name };
        }

        string version = told[0].Split('\n').Select(line => line.Split(':', 2)).FirstOrDefault(pair => pair[0].Trim() == "LVM version")?[^1].Trim() ?? "unknown";
        List<string> notes = [];
        if (told[1].Trim() is { Length: > 0 } tools)
        {
            notes.Add($"thin-provisioning-tools {tools} are there.");
        }
        else
        {
            notes.Add("The program thin_delta is missing, without which no changed extents can be told; install thin-provisioning-tools (device-mapper-persistent-data on Red Hat).");
        }

        return new EngineProbe($"LVM {version} on {Host.Runner.Host}", notes);
    }

    /// <inheritdoc/>
    public async ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long grain = LvmBlockMap.SmallestChunk;
        if (volume is not null)
        {
            ThinVolume found = (await _catalog.RequireAsync(volume, cancellationToken).ConfigureAwait(false)).Volume;
            grain = found.Pool is { ChunkBytes: > 0 and var bytes } ? bytes : grain;
        }

        return new EngineCapabilities(Flags, new DeltaTraits(
            grain, ExtentStyle.VariableLength, Exactness.Exact, ReportsZeroes: true, BaseDataMustExist: true, NeedsAdjacentSnapshots: false, SurvivesResize: true, SurvivesReboot: true));
    }

    /// <inheritdoc/>
    /// <remarks>Implements: lvs(8).</remarks>
    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        Inventory inventory = await _catalog.ReadAsync(null, cancellationToken).ConfigureAwait(false);
        foreach (ThinVolume volume in inventory.Volumes.Where(each => !each.HasExternalOrigin))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return volume.Info;
        }
    }

    /// <inheritdoc/>
    /// <remarks>Implements: lvs(8).</remarks>
    public async ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
        => (await _catalog.ResolveAsync(location, cancellationToken).ConfigureAwait(false)).Info;

    /// <inheritdoc/>
    public T? Feature<T>()
        where T : class, IEngineFeature
        => _features.OfType<T>().FirstOrDefault();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _reader.DisposeAsync().ConfigureAwait(false);
        await Host.DisposeAsync().ConfigureAwait(false);
    }
}
