using System.Text;
using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Store;

/// <summary>Where things are in a store, and the few things that are done to files there.</summary>
internal sealed class StoreFiles(string root, Action<string>? step)
{
    private const string ClonesName = "clones";

    /// <summary>The store's directory.</summary>
    internal string Root => root;

    /// <summary>The store's own object.</summary>
    internal string StoreObject => Path.Combine(root, "store.json");

    /// <summary>The writer's lock.</summary>
    internal string LockFile => Path.Combine(root, "lock");

    /// <summary>The secret of the fast hashes.</summary>
    internal string KeyFile => Path.Combine(root, "key");

    /// <summary>The packs.</summary>
    internal string Packs => Path.Combine(root, "packs");

    /// <summary>The index of blocks: a cache.</summary>
    internal string Index => Path.Combine(root, "index");

    /// <summary>What was moved aside.</summary>
    internal string Quarantine => Path.Combine(root, "quarantine");

    /// <summary>What a collection found to be garbage, and since when.</summary>
    internal string GarbageObject => Path.Combine(root, "garbage.json");

    /// <summary>The manifests.</summary>
    internal string Manifests => Path.Combine(root, "manifests");

    /// <summary>The clones.</summary>
    internal string Clones => Path.Combine(root, ClonesName);

    /// <summary>The volumes.</summary>
    internal string Volumes => Path.Combine(root, "volumes");

    /// <summary>One volume.</summary>
    internal string Volume(string id) => Path.Combine(Volumes, CheckId(id));

    /// <summary>A volume's object.</summary>
    internal string VolumeObject(string id) => Path.Combine(Volume(id), "volume.json");

    /// <summary>A volume's snapshots.</summary>
    internal string Snapshots(string volumeId) => Path.Combine(Volume(volumeId), "snapshots");

    /// <summary>A snapshot's object.</summary>
    internal string SnapshotObject(string volumeId, string id) => Path.Combine(Snapshots(volumeId), CheckId(id) + ".info");

    /// <summary>A snapshot's manifest.</summary>
    internal string Manifest(string id) => Path.Combine(Manifests, CheckId(id) + ".manifest");

    /// <summary>A clone of the store that a manifest belongs to.</summary>
    internal static string ClonePath(string manifest, string name)
        => Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(manifest)) ?? "/", ClonesName, name);

    /// <summary>Whether a text can be an id: 32 hex digits in lower case. Nothing else ever becomes part of a path.</summary>
    internal static bool IsId(string id)
    {
        bool isId = id.Length == 32;
        foreach (char digit in id)
        {
            isId &= digit is (>= '0' and <= '9') or (>= 'a' and <= 'f');
        }

        return isId;
    }

    /// <summary>Writes a small object; it is there in whole or not at all.</summary>
    internal void Publish(string path, byte[] content, bool replace)
    {
        Step("publish " + Path.GetExtension(path));
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(Path.GetDirectoryName(path)!));
            AtomicFile.Write(directory, Encoding.UTF8.GetBytes(Path.GetFileName(path)), content, replace: replace);
        }
        catch (PosixException error) when (!replace && error.Errno == Errno.EEXIST)
        {
            return; // Somebody else made the same object first.
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The store's '{path}' cannot be written");
        }
        Step("published " + Path.GetExtension(path));
    }

    /// <summary>Removes a file durably; what is not there is no error.</summary>
    internal void Remove(string path) => Remove([path]);

    /// <summary>Removes files of one directory, and makes that durable once.</summary>
    private void Remove(IReadOnlyList<string> paths)
    {
        foreach (string path in paths)
            Remove(path, isLast: path == paths[^1]);
    }

    private void Remove(string path, bool isLast)
    {
        Step("remove " + Path.GetExtension(path));
        try
        {
            File.Delete(path);
            if (isLast)
                Sync(Path.GetDirectoryName(path)!);
        }
        catch (DirectoryNotFoundException)
        {
            return;
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The store's '{path}' cannot be removed");
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new StorageEngineException(EngineStatus.PermissionDenied, EngineReason.ReadOnly, Recovery.OperatorAction,
                $"The store's '{path}' cannot be removed: {error.Message}", error);
        }
        Step("removed " + Path.GetExtension(path));
    }

    /// <summary>Removes all clones of a snapshot; durable once it returns.</summary>
    internal void RemoveClones(string snapshotId)
    {
        if (Directory.Exists(Clones))
            Remove([.. Directory.EnumerateFiles(Clones, CheckId(snapshotId) + "-*.clone")]);
    }

    /// <summary>Where something of the store goes when it is moved aside: the same path below the quarantine.</summary>
    internal string Aside(string path) => Path.Combine(Quarantine, Path.GetRelativePath(root, path));

    /// <summary>Moves a file aside, durably. What is there already stays; the name gets a number then.</summary>
    /// <returns>Where it is now.</returns>
    internal string MoveAside(string path)
    {
        Step("quarantine " + Path.GetExtension(path));
        string wanted = Aside(path);
        string target = wanted;
        for (int number = 2; File.Exists(target); number++)
            target = $"{wanted}.{number}";
        string parent = Path.GetDirectoryName(target)!;
        foreach (string directory in Ancestors(parent))
            CreateDirectory(directory);
        try
        {
            File.Move(path, target);
            Sync(parent);
            Sync(Path.GetDirectoryName(path)!);
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The store's '{path}' cannot be moved to '{target}'");
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw new StorageEngineException(EngineStatus.PermissionDenied, EngineReason.ReadOnly, Recovery.OperatorAction,
                $"The store's '{path}' cannot be moved to '{target}': {error.Message}", error);
        }
        Step("quarantined " + Path.GetExtension(path));
        return target;
    }

    // From the quarantine on down, so that each new name is made durable.
    private IEnumerable<string> Ancestors(string directory)
        => directory == Quarantine ? [directory] : [.. Ancestors(Path.GetDirectoryName(directory)!), directory];

    /// <summary>Makes a directory and its name durable.</summary>
    internal static void CreateDirectory(string path)
    {
        if (Directory.Exists(path))
            return;
        try
        {
            Directory.CreateDirectory(path);
            Sync(path);
            if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
                Sync(parent);
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The directory '{path}' cannot be made durable");
        }
        catch (UnauthorizedAccessException error)
        {
            throw new StorageEngineException(EngineStatus.PermissionDenied, EngineReason.None, Recovery.OperatorAction,
                $"The directory '{path}' cannot be created: {error.Message}", error);
        }
        catch (IOException error)
        {
            throw FromIo(error, path);
        }
    }

    /// <summary>A point at which a test may end the program.</summary>
    internal void Step(string name) => step?.Invoke(name);

    // The runtime puts errno into the low bits of HResult for what it has no type of its own.
    private static StorageEngineException FromIo(IOException error, string path)
    {
        int errno = error.HResult & 0xFFFF;
        bool full = errno is Errno.ENOSPC or Errno.EDQUOT;
        bool readOnly = errno == Errno.EROFS || error.Message.Contains("Read-only", StringComparison.Ordinal);
        return new StorageEngineException(
            full ? EngineStatus.ResourceExhausted : EngineStatus.FailedPrecondition,
            full ? EngineReason.NoSpace : readOnly ? EngineReason.ReadOnly : EngineReason.None,
            Recovery.OperatorAction,
            $"The directory '{path}' cannot be created: {error.Message}",
            error);
    }

    private static void Sync(string path)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(path));
        directory.Sync();
    }

    private static string CheckId(string id) => IsId(id) ? id : throw new ArgumentException($"'{id}' is not an id of the store (32 hex digits).", nameof(id));
}
