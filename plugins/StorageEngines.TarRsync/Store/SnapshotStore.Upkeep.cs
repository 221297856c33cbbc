using StorageEngines.TarRsync.Store.Indexing;
using StorageEngines.TarRsync.Store.Upkeep;

namespace StorageEngines.TarRsync.Store;

/// <content>What the upkeep needs of a store.</content>
internal sealed partial class SnapshotStore
{
    /// <summary>Opens an index of its own, which goes on while others write. What is not on disk goes to unnamed files.</summary>
    /// <param name="trusted">False to read the packs themselves.</param>
    internal IndexState OpenIndex(bool trusted = true)
    {
        IndexState index = IndexState.Load(new IndexFiles(_files.Packs, _files.Index, writable: false), trusted);
        try
        {
            index.Spill();
            return index;
        }
        catch (StorageEngineException)
        {
            index.Dispose();
            throw;
        }
    }

    /// <summary>A pack's path.</summary>
    internal string PackPath(PackId id) => new IndexFiles(_files.Packs, _files.Index, writable: false).PackPath(id);

    /// <summary>The packs that were found to be garbage before.</summary>
    internal HashSet<PackId> Leaving() => [.. ReadGarbage().Keys.Select(name => PackId.FromName(name)).Where(id => !id.IsNone)];

    /// <summary>What was found to be garbage before, by file name, and since when.</summary>
    internal Dictionary<string, DateTimeOffset> ReadGarbage() => GarbageRecord.Read(_files.GarbageObject);

    /// <summary>Notes what is garbage.</summary>
    internal void WriteGarbage(IReadOnlyDictionary<string, DateTimeOffset> since)
    {
        RequireWrite();
        _files.Publish(_files.GarbageObject, GarbageRecord.Format(since), replace: true);
    }

    /// <summary>Notes more garbage.</summary>
    internal void NoteGarbage(IEnumerable<string> paths, DateTimeOffset since)
    {
        Dictionary<string, DateTimeOffset> known = ReadGarbage();
        bool changed = false;
        foreach (string path in paths)
            changed |= known.TryAdd(Path.GetFileName(path), since);
        if (changed)
            WriteGarbage(known);
    }

    /// <summary>Removes a pack or a manifest that nobody needs.</summary>
    internal void RemoveGarbage(string path)
    {
        RequireWrite();
        _files.Remove(path);
    }

    /// <summary>Manifests without a record: of deleted snapshots, or of writers that were ended.</summary>
    internal IReadOnlyList<string> OrphanManifests()
    {
        HashSet<string> known = [.. Volumes().SelectMany(v => SnapshotIds(v.Id))];
        return [.. System.IO.Directory.EnumerateFiles(_files.Manifests, "*.manifest").Where(path => !known.Contains(Path.GetFileNameWithoutExtension(path)))];
    }

    /// <summary>Manifests that were moved aside.</summary>
    internal IReadOnlyList<string> QuarantinedManifests()
    {
        string directory = _files.Aside(_files.Manifests);
        return System.IO.Directory.Exists(directory) ? [.. System.IO.Directory.EnumerateFiles(directory, "*.manifest*")] : [];
    }

    /// <summary>The snapshots that were moved aside.</summary>
    private IEnumerable<string> QuarantinedIds() => System.IO.Directory.Exists(_files.Quarantine)
        ? System.IO.Directory.EnumerateFiles(_files.Quarantine, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)).Where(name => name.Length > 32).Select(name => name[..32])
        : [];

    /// <summary>Moves a snapshot's record and manifest aside; nothing is destroyed, and what can be read of it keeps its blocks. Its children go to the one before it.</summary>
    /// <returns>Where they are now.</returns>
    internal IReadOnlyList<string> Quarantine(string volumeId, string id)
    {
        RequireWrite();
        List<SnapshotRecord> all = [.. ReadableSnapshots(volumeId)];
        SnapshotRecord? self = all.Find(snapshot => snapshot.Id == id);
        all.RemoveAll(snapshot => snapshot.Id == id);
        foreach (SnapshotRecord child in all.Where(snapshot => snapshot.ParentId == id).ToList())
            Save(child with { ParentId = self is null ? Before(all, child.LineageId, child.Sequence) : self.ParentId });
        if (FindVolume(volumeId) is { } volume && volume.HeadSnapshotId == id)
            UpdateVolume(volume with { HeadSnapshotId = self is null ? Before(all, volume.LineageId, long.MaxValue) : self.ParentId });
        _known.TryRemove(volumeId, out _);
        // The manifest first: without it the record is damage still, and the next attempt moves that.
        return [.. new[] { _files.Manifest(id), _files.SnapshotObject(volumeId, id) }.Where(File.Exists).Select(_files.MoveAside)];
    }

    // Within a lineage each snapshot descends from the one before it.
    private static string? Before(List<SnapshotRecord> all, string lineageId, long sequence)
        => all.LastOrDefault(snapshot => snapshot.LineageId == lineageId && snapshot.Sequence < sequence)?.Id;

    /// <summary>The ids of all volumes, also of those whose record cannot be read.</summary>
    internal IReadOnlyList<string> VolumeIds() => System.IO.Directory.Exists(_files.Volumes)
        ? [.. System.IO.Directory.EnumerateDirectories(_files.Volumes).Select(path => Path.GetFileName(path)!).Where(StoreFiles.IsId).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The packs' paths.</summary>
    internal string[] PackPaths()
    {
        var files = new IndexFiles(_files.Packs, _files.Index, writable: false);
        return [.. files.Packs().Select(files.PackPath).Order(StringComparer.Ordinal)];
    }

    /// <summary>The index segments that are not whole.</summary>
    internal IReadOnlyList<string> DamagedSegments()
        => [.. new IndexFiles(_files.Packs, _files.Index, writable: false).SegmentPaths().Where(path => !IndexFiles.IsWhole(path))];

    /// <summary>Bytes of what is neither pack nor lock: manifests, records, index.</summary>
    internal long MetadataBytes()
    {
        long sum = 0;
        foreach (string directory in (string[])[_files.Manifests, _files.Volumes, _files.Index, _files.Quarantine])
        {
            if (System.IO.Directory.Exists(directory))
                sum += new DirectoryInfo(directory).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Exists ? file.Length : 0);
        }
        return sum;
    }

    /// <summary>Begins a pack.</summary>
    internal PackWriter NewPack()
    {
        RequireWrite();
        return new PackWriter(_files.Packs);
    }

    /// <summary>Completes a pack.</summary>
    internal void SealPack(PackWriter pack)
    {
        _files.Step("publish .pack");
        string path = pack.Seal();
        _files.Step("published .pack");
        _index.Add(path);
    }

    /// <summary>Packs have gone: the index is made to be without them.</summary>
    internal void ForgetPacks() => KeepIndex(_index.Renew);

    /// <summary>Keeps what is known of the packs on disk; a failure costs time later and nothing else.</summary>
    internal void SaveIndex() => KeepIndex(() => _index.Save());

    private void KeepIndex(Action keep)
    {
        try
        {
            keep();
        }
        catch (StorageEngineException error) when (error.Reason is EngineReason.NoSpace or EngineReason.ReadOnly)
        {
            _index.Refresh();
        }
    }
}
