using System.Collections.Concurrent;

namespace StorageEngines.TarRsync.Store;

internal sealed partial class SnapshotStore
{
    private readonly ConcurrentDictionary<string, IReadOnlyList<SnapshotRecord>> _known = new(StringComparer.Ordinal);

    /// <summary>All volumes, oldest first.</summary>
    internal IReadOnlyList<VolumeRecord> Volumes()
    {
        var volumes = new List<VolumeRecord>();
        if (!System.IO.Directory.Exists(_files.Volumes))
            return volumes;
        foreach (string path in System.IO.Directory.EnumerateDirectories(_files.Volumes))
        {
            if (FindVolume(Path.GetFileName(path)) is { } volume)
                volumes.Add(volume);
        }
        volumes.Sort((a, b) => a.CreatedAt != b.CreatedAt ? a.CreatedAt.CompareTo(b.CreatedAt) : string.CompareOrdinal(a.Id, b.Id));
        return volumes;
    }

    /// <summary>A volume by its id, or null.</summary>
    internal VolumeRecord? FindVolume(string id)
    {
        if (!StoreFiles.IsId(id))
            return null;
        string path = _files.VolumeObject(id);
        return RecordFile.ReadAll(path) is { } bytes ? VolumeRecord.Parse(bytes, path) : null;
    }

    /// <summary>The volume of that kind, place and identity; made if there is none. Something else at the same place is another volume.</summary>
    internal VolumeRecord GetOrAddVolume(VolumeKind kind, BytePath location, string identity)
    {
        if (Volumes().LastOrDefault(v => v.Kind == kind && v.Location == location && v.Identity == identity) is { } known)
            return known;
        var volume = new VolumeRecord
        {
            Id = NewId(),
            Kind = kind,
            Location = location,
            Identity = identity,
            LineageId = NewId(),
            CreatedAt = _time.GetUtcNow(),
        };
        UpdateVolume(volume);
        return volume;
    }

    /// <summary>Writes a volume's record.</summary>
    internal void UpdateVolume(VolumeRecord volume)
    {
        RequireWrite();
        StoreFiles.CreateDirectory(_files.Volume(volume.Id));
        StoreFiles.CreateDirectory(_files.Snapshots(volume.Id));
        _files.Publish(_files.VolumeObject(volume.Id), volume.Format(), replace: true);
    }

    /// <summary>A volume's snapshots by <see cref="SnapshotRecord.Sequence"/>.</summary>
    /// <exception cref="CorruptDataException">A record is damaged.</exception>
    internal IReadOnlyList<SnapshotRecord> Snapshots(string volumeId)
    {
        // With the writer's lock nobody else changes them.
        if (_lock is null)
            return ReadSnapshots(volumeId);
        if (!_known.TryGetValue(volumeId, out IReadOnlyList<SnapshotRecord>? known))
            _known[volumeId] = known = ReadSnapshots(volumeId);
        return known;
    }

    private List<SnapshotRecord> ReadSnapshots(string volumeId)
    {
        var snapshots = new List<SnapshotRecord>();
        foreach (string id in SnapshotIds(volumeId))
        {
            if (FindById(volumeId, id) is { } snapshot)
                snapshots.Add(snapshot);
        }
        snapshots.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        return snapshots;
    }

    /// <summary>A volume's snapshots by <see cref="SnapshotRecord.Sequence"/>, without those whose record cannot be read.</summary>
    /// <param name="volumeId">The volume.</param>
    /// <param name="unreadable">Told the id of each that cannot be read, and why; null if nobody wants to know.</param>
    internal IReadOnlyList<SnapshotRecord> ReadableSnapshots(string volumeId, Action<string, StorageEngineException>? unreadable = null)
    {
        var snapshots = new List<SnapshotRecord>();
        foreach (string id in SnapshotIds(volumeId))
        {
            try
            {
                if (FindById(volumeId, id) is { } snapshot)
                    snapshots.Add(snapshot);
            }
            catch (StorageEngineException error) when (error is CorruptDataException || error.Reason == EngineReason.FormatTooNew)
            {
                unreadable?.Invoke(id, error);
            }
        }
        snapshots.Sort((a, b) => a.Sequence.CompareTo(b.Sequence));
        return snapshots;
    }

    /// <summary>A snapshot by its id or its name, or null.</summary>
    internal SnapshotRecord? FindSnapshot(string volumeId, string nameOrId)
        => FindById(volumeId, nameOrId) ?? Snapshots(volumeId).LastOrDefault(s => s.Name == nameOrId);

    /// <summary>A snapshot by its id, or null.</summary>
    internal SnapshotRecord? FindById(string volumeId, string id)
    {
        if (!StoreFiles.IsId(volumeId) || !StoreFiles.IsId(id))
            return null;
        string path = _files.SnapshotObject(volumeId, id);
        if (RecordFile.ReadAll(path) is not { } bytes)
            return null;
        SnapshotRecord snapshot = SnapshotRecord.Parse(bytes, path);
        return snapshot.Id == id && snapshot.VolumeId == volumeId
            ? snapshot
            : throw StoreErrors.Corrupt(path, null, "the record is of another snapshot");
    }

    /// <summary>Forbids the deletion of a snapshot.</summary>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    internal void AddHold(string volumeId, string id, string owner)
    {
        RequireWrite();
        SnapshotRecord snapshot = FindById(volumeId, id) ?? throw new SnapshotNotFoundException(id, volumeId);
        if (!snapshot.Holds.Contains(owner))
            Save(snapshot with { Holds = [.. snapshot.Holds, owner] });
    }

    /// <summary>Takes a hold back; what is not held, or not there, is no error.</summary>
    internal void RemoveHold(string volumeId, string id, string owner)
    {
        RequireWrite();
        if (FindById(volumeId, id) is { } snapshot && snapshot.Holds.Contains(owner))
            Save(snapshot with { Holds = [.. snapshot.Holds.Where(h => h != owner)] });
    }

    /// <summary>Begins a snapshot; nothing of it can be seen until it is committed.</summary>
    /// <exception cref="StorageEngineException">AlreadyExists/NameTaken.</exception>
    internal SnapshotWriter BeginSnapshot(string volumeId, string name, string? id = null)
    {
        RequireWrite();
        SnapshotName.Require(name);
        VolumeRecord volume = FindVolume(volumeId) ?? throw new VolumeNotFoundException(volumeId);
        IReadOnlyList<SnapshotRecord> others = Snapshots(volumeId);
        if (others.Any(s => s.Name == name))
            throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.FixRequest,
                $"Volume '{volume.Location}' has a snapshot '{name}' already; choose another name or delete that one.");
        return new SnapshotWriter(this, _files, _index, volume, name, id ?? NewId());
    }

    /// <summary>Publishes a snapshot's record and makes it the head of its volume.</summary>
    internal SnapshotRecord Publish(VolumeRecord volume, SnapshotRecord snapshot)
    {
        IReadOnlyList<SnapshotRecord> others = Snapshots(volume.Id);
        long sequence = Math.Max(others.Count == 0 ? 0 : others[^1].Sequence, volume.LastSequence) + 1;
        snapshot = snapshot with { Sequence = sequence };
        Save(snapshot);
        UpdateVolume((FindVolume(volume.Id) ?? volume) with { HeadSnapshotId = snapshot.Id, LastSequence = sequence });
        SaveIndex();
        return snapshot;
    }

    private void Save(SnapshotRecord snapshot)
    {
        _known.TryRemove(snapshot.VolumeId, out _);
        _files.Publish(_files.SnapshotObject(snapshot.VolumeId, snapshot.Id), snapshot.Format(), replace: true);
    }

    private IEnumerable<string> SnapshotIds(string volumeId)
    {
        string directory = StoreFiles.IsId(volumeId) ? _files.Snapshots(volumeId) : "";
        return System.IO.Directory.Exists(directory)
            ? System.IO.Directory.EnumerateFiles(directory, "*.info").Select(p => Path.GetFileNameWithoutExtension(p)).Where(StoreFiles.IsId)
            : [];
    }

    private static string NewId() => Hex.Of(Guid.NewGuid());
}
