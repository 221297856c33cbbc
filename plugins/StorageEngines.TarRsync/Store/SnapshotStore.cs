using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Store;

/// <summary>
/// A store of snapshots: a directory. Open for writing, it holds the writer's lock until disposed. Reading is safe for several threads; writing is
/// for one thread at a time, but for storing blocks.
/// </summary>
internal sealed partial class SnapshotStore : IDisposable
{
    private readonly StoreFiles _files;
    private readonly TimeProvider _time;
    private readonly StoreLock? _lock;
    private readonly BlockIndex _index;
    private KeyedXxh3? _fastHash;

    private SnapshotStore(StoreFiles files, TimeProvider time, StoreLock? held, StoreRecord parameters)
    {
        _files = files;
        _time = time;
        _lock = held;
        _index = new BlockIndex(new Indexing.IndexFiles(files.Packs, files.Index, held is not null));
        Parameters = parameters;
    }

    /// <summary>The store's id.</summary>
    internal Guid Id => Parameters.Id;

    /// <summary>The parameters of what is written to it.</summary>
    internal StoreRecord Parameters { get; private set; }

    /// <summary>The store's directory.</summary>
    internal string Directory => _files.Root;

    /// <summary>Bytes of a block.</summary>
    internal int BlockSize => StoreFormat.BlockSize;

    /// <summary>The index of blocks was read.</summary>
    internal bool IndexLoaded => _index.IsLoaded;

    /// <summary>The hash that tells that a block has not changed. Needs the writer's lock.</summary>
    internal KeyedXxh3 FastHash => _fastHash ??= new KeyedXxh3(StoreKey.ReadOrCreate(_files));

    /// <summary>Opens a store.</summary>
    /// <param name="directory">Its directory.</param>
    /// <param name="access">For writing, the lock is taken at once or the call fails, and leftovers of ended writers are swept.</param>
    /// <param name="create">Make it if there is none; needs <see cref="StoreAccess.Write"/>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="step">Called at each step that changes the store; for tests.</param>
    /// <exception cref="StorageEngineException">
    /// NotFound: there is none. Aborted/Locked: somebody writes. FailedPrecondition/ReadOnly, PermissionDenied, FormatTooNew.
    /// </exception>
    /// <exception cref="CorruptDataException">Its own object is damaged.</exception>
    internal static SnapshotStore Open(string directory, StoreAccess access, bool create, TimeProvider time, Action<string>? step = null)
    {
        directory = Path.GetFullPath(directory);
        var files = new StoreFiles(directory, step);
        byte[]? store = RecordFile.ReadAll(files.StoreObject);
        if (store is null && create && access == StoreAccess.Write)
        {
            Create(files, time);
            store = RecordFile.ReadAll(files.StoreObject);
        }
        if (store is null && access == StoreAccess.Read)
            RequireNothingElse(files.Root);
        if (store is null)
            throw new StorageEngineException(EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest,
                $"There is no store in '{directory}'. Taking the first snapshot makes one; check the setting 'store' if there should be one.");
        StoreRecord parameters = StoreRecord.Parse(store, files.StoreObject);
        StoreLock? held = access == StoreAccess.Write ? StoreLock.Take(files.LockFile, time) : null;
        var opened = new SnapshotStore(files, time, held, parameters);
        try
        {
            if (held is not null)
            {
                opened.Upgrade();
                opened.Sweep();
            }

            return opened;
        }
        catch (Exception)
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>Whether the store is still in its place: not removed, and not another one.</summary>
    internal bool IsStillThere()
        => RecordFile.ReadAll(_files.StoreObject) is { } bytes && StoreRecord.Parse(bytes, _files.StoreObject).Id == Id;

    /// <summary>The files of the records that say what a snapshot is: the store's, the volume's, and last its own.</summary>
    internal string[] ObjectsOf(string volumeId, string id) => [_files.StoreObject, _files.VolumeObject(volumeId), _files.SnapshotObject(volumeId, id)];

    /// <summary>A manifest's path.</summary>
    internal string ManifestPath(string id) => _files.Manifest(id);

    /// <summary>Reads blocks.</summary>
    internal BlockReader OpenBlocks() => new(_index, _files.Packs);

    /// <summary>Opens a snapshot's manifest.</summary>
    /// <exception cref="CorruptDataException">It is missing or damaged.</exception>
    internal ManifestReader OpenManifest(SnapshotRecord snapshot) => new(OpenManifestFile(snapshot));

    /// <summary>Opens a snapshot's manifest for what the quick check needs.</summary>
    /// <exception cref="CorruptDataException">It is missing or damaged.</exception>
    internal ManifestReader OpenStatuses(SnapshotRecord snapshot) => new(OpenManifestFile(snapshot)) { StatusOnly = true };

    /// <summary>Opens a snapshot's manifest for access to its frames.</summary>
    /// <exception cref="CorruptDataException">It is missing or damaged, or a whole one that belongs to something else.</exception>
    internal ManifestFile OpenManifestFile(SnapshotRecord snapshot)
    {
        string path = _files.Manifest(snapshot.Id);
        ManifestFile? file = ManifestFile.Open(path);
        if (file is not null && file.Digest == snapshot.ManifestDigest)
            return file;
        if (file is not null)
        {
            file.Dispose();
            throw StoreErrors.Corrupt(path, null,
                $"the manifest is whole, but not the one of snapshot '{snapshot.Name}', whose record names the digest {snapshot.ManifestDigest}; the file's is {file.Digest}");
        }
        if (FindById(snapshot.VolumeId, snapshot.Id) is null)
            throw new SnapshotNotFoundException(snapshot.Name, snapshot.VolumeId);
        throw StoreErrors.Corrupt(path, null, $"the manifest of snapshot '{snapshot.Name}' is missing");
    }

    /// <summary>Bytes of all packs.</summary>
    internal long PackBytes()
    {
        var packs = new DirectoryInfo(_files.Packs);
        return packs.Exists ? packs.EnumerateFiles("*.pack").Sum(f => f.Length) : 0;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _index.Dispose();
        _lock?.Dispose();
    }

    private static void RequireNothingElse(string root)
    {
        if (File.Exists(root))
            throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.None, Recovery.FixRequest,
                $"'{root}' is a file and no store. Name a directory.");
        if (System.IO.Directory.Exists(root) && !Only(root, "packs", "manifests", "volumes", "index", "lock", "key"))
            throw new StorageEngineException(EngineStatus.FailedPrecondition, EngineReason.None, Recovery.FixRequest,
                $"'{root}' holds other files and is no store. Name an empty directory, or one that does not exist.");
    }

    private static void Create(StoreFiles files, TimeProvider time)
    {
        RequireNothingElse(files.Root);
        StoreFiles.CreateDirectory(files.Root);
        StoreFiles.CreateDirectory(files.Packs);
        StoreFiles.CreateDirectory(files.Manifests);
        StoreFiles.CreateDirectory(files.Volumes);
        files.Publish(files.LockFile, [], replace: false);
        // The last step: a directory with this object is a whole store.
        files.Publish(files.StoreObject, new StoreRecord { Id = Guid.NewGuid(), CreatedAt = time.GetUtcNow() }.Format(), replace: false);
    }

    // Before anything of this format is written: an older program then refuses the store as a whole and says why, instead of meeting parts that it cannot read.
    private void Upgrade()
    {
        if (Parameters.Major == StoreFormat.Major)
            return;
        Parameters = Parameters with { Major = StoreFormat.Major };
        _files.Publish(_files.StoreObject, Parameters.Format(), replace: true);
    }

    private static bool Only(string directory, params string[] names) => System.IO.Directory.EnumerateFileSystemEntries(directory)
        .Select(p => Path.GetFileName(p)!)
        .All(n => names.Contains(n) || IsTemporary(n));

    private static bool IsTemporary(string name) => AtomicFile.IsTemporaryName(System.Text.Encoding.UTF8.GetBytes(name));

    // Only the holder of the lock makes temporary files, so whatever is there now is of a writer that was ended.
    private void Sweep()
    {
        IEnumerable<string> places = Volumes().SelectMany(v => new[] { _files.Volume(v.Id), _files.Snapshots(v.Id) })
            .Concat([_files.Root, _files.Packs, _files.Manifests, _files.Volumes, _files.Index]);
        foreach (string place in places.Where(System.IO.Directory.Exists))
        {
            foreach (string path in System.IO.Directory.EnumerateFiles(place, ".seng-tmp-*").ToList())
                _files.Remove(path);
        }
        SweepClones([.. Volumes().SelectMany(v => SnapshotIds(v.Id)), .. QuarantinedIds()]);
    }

    private void RequireWrite()
    {
        if (_lock is null)
            throw StoreErrors.OpenForReading(Directory);
    }
}
