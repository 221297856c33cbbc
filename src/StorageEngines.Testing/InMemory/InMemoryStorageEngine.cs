using System.Runtime.CompilerServices;

namespace StorageEngines.Testing;

/// <summary>
/// The reference implementation of the contract: an engine whose volumes, block and tree alike, live in memory. It has every feature, its delta is exact,
/// and a copy of a volume costs nothing, so that tests with thousands of steps are fast. What it holds is lost with it.
/// </summary>
/// <remarks>
/// Its lineage is a tree: a snapshot can be the base of those that descend from it. A roll back begins a branch, so that what was cut after the snapshot
/// rolled back to is no base of what is cut afterwards. Safe for use by several threads.
/// </remarks>
public sealed class InMemoryStorageEngine : IStorageEngine
{
    /// <summary>The engine's name: <c>memory</c>.</summary>
    public const string Scheme = "memory";

    private readonly MemoryStore _store;
    private readonly MemoryFeatures _features;

    /// <summary>Makes an engine with a storage of its own, without volumes.</summary>
    /// <param name="options">How it behaves. Default: null, the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public InMemoryStorageEngine(InMemoryEngineOptions? options = null)
        : this(new MemoryStore(options ?? new InMemoryEngineOptions()))
    {
    }

    internal InMemoryStorageEngine(MemoryStore store)
    {
        _store = store;
        _features = new MemoryFeatures(store);
    }

    /// <inheritdoc/>
    public string Name => Scheme;

    /// <summary>What the engine has read and has open.</summary>
    public InMemoryCounters Counters => _store.Counters;

    /// <summary>
    /// Called at each point where an operation waits or can be cancelled, with the point's name (e.g. <c>delta:batch</c>) and the operation's token. A test
    /// writes to the volume there, holds the operation up, or cancels it. Default: null, nothing.
    /// </summary>
    public Func<string, CancellationToken, ValueTask>? OnStep
    {
        get => _store.OnStep;
        set => _store.OnStep = value;
    }

    /// <summary>Opens another engine on the same storage, as a second process would on a real one. It shares options, counters and <see cref="OnStep"/>.</summary>
    /// <returns>An engine that the caller disposes.</returns>
    public InMemoryStorageEngine OpenAnother() => new(_store);

    /// <summary>Makes a block volume that reads as zeroes.</summary>
    /// <param name="name">Its name, which is also its location.</param>
    /// <param name="capacityBytes">Its size in bytes; 0 or more, any number.</param>
    /// <returns>A handle to change it.</returns>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.AlreadyExists"/>: the name is taken.</exception>
    public InMemoryBlockVolume CreateBlockVolume(string name, long capacityBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(capacityBytes);
        lock (_store.Gate)
        {
            return new InMemoryBlockVolume(_store, _store.AddVolume(name, new VolumeContent(SparseContent.Empty(capacityBytes, _store.Options.BlockSizeBytes), null)));
        }
    }

    /// <summary>Makes a tree volume that holds an empty root directory.</summary>
    /// <param name="name">Its name, which is also its location.</param>
    /// <returns>A handle to change it.</returns>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.AlreadyExists"/>: the name is taken.</exception>
    public InMemoryTreeVolume CreateTreeVolume(string name)
    {
        lock (_store.Gate)
        {
            return new InMemoryTreeVolume(_store, _store.AddVolume(name, new VolumeContent(null, TreeState.Empty(_store.Now))));
        }
    }

    /// <summary>Opens a block volume, such as a clone, to change it.</summary>
    /// <param name="volume">The volume.</param>
    /// <returns>A handle.</returns>
    /// <exception cref="VolumeNotFoundException">It is not there.</exception>
    /// <exception cref="ArgumentException">It is a tree.</exception>
    public InMemoryBlockVolume OpenBlockVolume(VolumeRef volume) => new(_store, Require(volume, VolumeKind.Block));

    /// <summary>Opens a tree volume, such as a clone, to change it.</summary>
    /// <param name="volume">The volume.</param>
    /// <returns>A handle.</returns>
    /// <exception cref="VolumeNotFoundException">It is not there.</exception>
    /// <exception cref="ArgumentException">It is a block volume.</exception>
    public InMemoryTreeVolume OpenTreeVolume(VolumeRef volume) => new(_store, Require(volume, VolumeKind.Tree));

    /// <summary>Deletes a volume with its snapshots, held ones too.</summary>
    /// <param name="volume">The volume.</param>
    /// <exception cref="VolumeNotFoundException">It is not there.</exception>
    public void DeleteVolume(VolumeRef volume)
    {
        lock (_store.Gate)
        {
            _store.RemoveVolume(volume);
        }
    }

    /// <summary>Gives a volume another name. Its id stays, and so do its snapshots.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="newName">The new name, which is also its new location.</param>
    /// <exception cref="VolumeNotFoundException">It is not there.</exception>
    /// <exception cref="ArgumentException">The name is empty or taken.</exception>
    public void RenameVolume(VolumeRef volume, string newName)
    {
        ArgumentException.ThrowIfNullOrEmpty(newName);
        lock (_store.Gate)
        {
            VolumeState state = _store.RequireVolume(volume);
            if (_store.FindByName(newName) is { } other && other != state)
            {
                throw new ArgumentException($"A volume named '{newName}' exists already.", nameof(newName));
            }

            state.Name = newName;
        }
    }

    /// <summary>Gives a snapshot another name. Its id stays.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="newName">The new name; see <see cref="SnapshotName"/>.</param>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    public void RenameSnapshot(SnapshotRef snapshot, string newName)
    {
        SnapshotName.Require(newName);
        lock (_store.Gate)
        {
            _store.Put(_store.RequireSnapshot(snapshot) with { Name = newName });
        }
    }

    /// <summary>Forgets what changed, as a crash may do: no snapshot that there is now can be a base of a later one.</summary>
    /// <param name="volume">The volume.</param>
    /// <exception cref="VolumeNotFoundException">It is not there.</exception>
    public void LoseChangeTracking(VolumeRef volume)
    {
        lock (_store.Gate)
        {
            VolumeState state = _store.RequireVolume(volume);
            state.TrackingLostAt = _store.SnapshotsOf(state.Id).LastOrDefault()?.Number ?? 0;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default)
    {
        await _store.StepAsync("probe", cancellationToken).ConfigureAwait(false);
        return new EngineProbe("memory-1", []);
    }

    /// <inheritdoc/>
    public async ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default)
    {
        await _store.StepAsync("capabilities", cancellationToken).ConfigureAwait(false);
        lock (_store.Gate)
        {
            return _features.CapabilitiesOf(volume is null ? null : _store.RequireVolume(volume).Content.Kind);
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<VolumeInfo> ListVolumesAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using InMemoryCounters.Counted operation = Counters.Operation();
        VolumeInfo[] volumes;
        lock (_store.Gate)
        {
            volumes = [.. _store.Volumes.Select(volume => volume.Info)];
        }

        foreach (VolumeInfo volume in volumes)
        {
            await _store.StepAsync("volumes:item", cancellationToken).ConfigureAwait(false);
            yield return volume;
        }
    }

    /// <inheritdoc/>
    public async ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default)
    {
        await _store.StepAsync("resolve", cancellationToken).ConfigureAwait(false);
        lock (_store.Gate)
        {
            return _store.Volumes.FirstOrDefault(volume => BytePath.FromString(volume.Name) == location)?.Info
                ?? throw new VolumeNotFoundException(location.ToString()) { Engine = Scheme };
        }
    }

    /// <inheritdoc/>
    public T? Feature<T>()
        where T : class, IEngineFeature => _features.Get<T>();

    /// <summary>Ends the use of the engine. Its storage lives on in other engines of the same factory.</summary>
    /// <returns>A finished task.</returns>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private VolumeState Require(VolumeRef volume, VolumeKind kind)
    {
        lock (_store.Gate)
        {
            VolumeState state = _store.RequireVolume(volume);
            return state.Content.Kind == kind
                ? state
                : throw new ArgumentException($"Volume '{state.Name}' is a {state.Content.Kind} volume, not a {kind} volume.", nameof(volume));
        }
    }
}
