using System.Globalization;

namespace StorageEngines.Testing;

/// <summary>The storage behind one engine or several: volumes, snapshots and what is still known of those that are gone. Its lock guards all of it.</summary>
internal sealed class MemoryStore(InMemoryEngineOptions options)
{
    private readonly Dictionary<string, VolumeState> _volumes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _deletedVolumes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, StoredSnapshot> _snapshots = [];
    private readonly Dictionary<string, StoredSnapshot> _everMade = new(StringComparer.Ordinal);
    private long _lastNumber;

    public Lock Gate { get; } = new();

    public InMemoryEngineOptions Options { get; } = options.Validated();

    public InMemoryCounters Counters { get; } = new();

    public Func<string, CancellationToken, ValueTask>? OnStep { get; set; }

    public Dictionary<string, StoredGroup> Groups { get; } = new(StringComparer.Ordinal);

    public IReadOnlyCollection<VolumeState> Volumes => _volumes.Values;

    public UnixTime Now
    {
        get
        {
            long ticks = Options.Time.GetUtcNow().Ticks - DateTimeOffset.UnixEpoch.Ticks;
            (long seconds, long rest) = Math.DivRem(ticks, TimeSpan.TicksPerSecond);
            return rest < 0 ? new UnixTime(seconds - 1, (int)((rest + TimeSpan.TicksPerSecond) * 100)) : new UnixTime(seconds, (int)(rest * 100));
        }
    }

    /// <summary>A point at which an operation can be watched, held up and cancelled.</summary>
    public async ValueTask StepAsync(string step, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (step.EndsWith(":begin", StringComparison.Ordinal))
        {
            Counters.AddCommand();
        }

        if (OnStep is { } hook)
        {
            await hook(step, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
        }
    }

    public string NextId(string prefix) => prefix + (++_lastNumber).ToString(CultureInfo.InvariantCulture);

    public VolumeState AddVolume(string name, VolumeContent content)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (FindByName(name) is not null)
        {
            throw new StorageEngineException(
                EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest, $"A volume named '{name}' exists already; choose another name.")
            { Engine = InMemoryStorageEngine.Scheme };
        }

        var volume = new VolumeState(NextId("v"), name, content, NextId("l"));
        _volumes.Add(volume.Id, volume);
        return volume;
    }

    public void RemoveVolume(VolumeRef reference)
    {
        VolumeState volume = RequireVolume(reference);
        foreach (StoredSnapshot snapshot in SnapshotsOf(volume.Id))
        {
            _snapshots.Remove(snapshot.Number);
        }

        _volumes.Remove(volume.Id);
        _deletedVolumes[volume.Id] = volume.Name;
    }

    public VolumeState? FindByName(string name) => _volumes.Values.FirstOrDefault(volume => volume.Name == name);

    public VolumeState RequireVolume(VolumeRef reference)
    {
        ArgumentNullException.ThrowIfNull(reference);
        if (reference.Engine == InMemoryStorageEngine.Scheme && _volumes.TryGetValue(reference.Id, out VolumeState? volume))
        {
            return volume;
        }

        throw new VolumeNotFoundException(reference.ToString(), IsReplaced(reference.Id) ? EngineReason.VolumeReplaced : EngineReason.VolumeMissing)
        { Engine = InMemoryStorageEngine.Scheme };
    }

    /// <summary>True if a volume is gone and another one has the name that it had.</summary>
    public bool IsReplaced(string volumeId) => _deletedVolumes.TryGetValue(volumeId, out string? name) && FindByName(name) is not null;

    /// <summary>True if a volume is gone and this one has the name that it had.</summary>
    public bool IsReplacedBy(string volumeId, VolumeState volume) => _deletedVolumes.TryGetValue(volumeId, out string? name) && volume.Name == name;

    public IReadOnlyList<StoredSnapshot> SnapshotsOf(string? volumeId)
        => [.. _snapshots.Values.Where(snapshot => volumeId is null || snapshot.VolumeId == volumeId)];

    public StoredSnapshot? FindSnapshot(string volumeId, string id)
        => _everMade.TryGetValue(id, out StoredSnapshot? known) && known.VolumeId == volumeId ? _snapshots.GetValueOrDefault(known.Number) : null;

    /// <summary>What is known of a snapshot that is there or was once.</summary>
    public StoredSnapshot? FindEverMade(string id) => _everMade.GetValueOrDefault(id);

    public StoredSnapshot RequireSnapshot(SnapshotRef reference, bool withData = false)
    {
        ArgumentNullException.ThrowIfNull(reference);
        StoredSnapshot? snapshot = reference.Volume.Engine == InMemoryStorageEngine.Scheme ? FindSnapshot(reference.Volume.Id, reference.Id) : null;
        return snapshot is null || (withData && snapshot.DataGone)
            ? throw new SnapshotNotFoundException(reference.Name ?? reference.Id, reference.Volume.ToString()) { Engine = InMemoryStorageEngine.Scheme }
            : snapshot;
    }

    /// <summary>Cuts a snapshot of the present state, which becomes the volume's head.</summary>
    public StoredSnapshot Cut(VolumeState volume, string name, IReadOnlyDictionary<string, string>? labels = null, string? groupId = null, Guid? stateId = null)
    {
        string id = NextId("s");
        var snapshot = new StoredSnapshot(id, _lastNumber, volume.Id, name, volume.Content, stateId ?? Guid.NewGuid())
        {
            CreatedAt = Options.Time.GetUtcNow(),
            LineageId = volume.LineageId,
            ParentId = volume.HeadId,
            GroupId = groupId,
        };
        snapshot = labels is null ? snapshot : snapshot with { Labels = new Dictionary<string, string>(labels) };
        Put(snapshot);
        SetHead(volume, snapshot);
        return snapshot;
    }

    public void Put(StoredSnapshot snapshot)
    {
        _snapshots[snapshot.Number] = snapshot;
        _everMade[snapshot.Id] = snapshot;
    }

    /// <summary>Removes a snapshot; where it stood in the lineage stays known, its data does not.</summary>
    public void Remove(StoredSnapshot snapshot)
    {
        _snapshots.Remove(snapshot.Number);
        _everMade[snapshot.Id] = snapshot with { Content = new VolumeContent(SparseContent.Empty(0, 1), null), DataGone = true };
    }

    public static void SetHead(VolumeState volume, StoredSnapshot snapshot)
    {
        volume.HeadId = snapshot.Id;
        volume.HeadState = snapshot.StateId;
        volume.HeadContent = snapshot.Content;
    }

    /// <summary>Whether one snapshot is the other or an ancestor of it.</summary>
    public bool IsAncestorOrSelf(string ancestorId, string? id)
    {
        while (id is not null && id != ancestorId)
        {
            id = _everMade.TryGetValue(id, out StoredSnapshot? snapshot) ? snapshot.ParentId : null;
        }

        return id is not null;
    }
}
