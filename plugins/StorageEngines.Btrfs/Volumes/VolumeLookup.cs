using System.Collections.Concurrent;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Volumes;

/// <summary>Finds volumes: by path, and from an id back to the path. Safe for use by several threads.</summary>
/// <param name="snapshotRoot">The setting <c>snapshots</c>; null for the default places.</param>
internal sealed class VolumeLookup(BytePath? snapshotRoot)
{
    /// <summary>The name of the directory that holds the snapshots, where no other is set.</summary>
    internal static readonly byte[] DefaultRoot = ".seng-snapshots"u8.ToArray();

    private readonly ConcurrentDictionary<string, BytePath> _known = new(StringComparer.Ordinal);

    /// <summary>Looks at a path. What is found there is known from then on.</summary>
    /// <exception cref="VolumeNotFoundException">Nothing is there.</exception>
    /// <exception cref="StorageEngineException">It is no subvolume, or may not be read.</exception>
    internal VolumePlace Resolve(BytePath location)
    {
        BytePath path = Trim(location);
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(path.Span);
            VolumePlace place = Look(path, directory);
            _known[place.Key.Id] = path;
            return place;
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT)
        {
            throw new VolumeNotFoundException(path.ToString()) { Engine = BtrfsEngineFactory.SchemeName };
        }
        catch (PosixException e) when (e.Errno is Errno.ENOTDIR)
        {
            throw BtrfsErrors.NotSupported(
                EngineStatus.InvalidArgument, $"'{path}' is no directory; a Btrfs volume is a subvolume. Name the subvolume, and the file as a path within it.");
        }
        catch (PosixException e)
        {
            throw BtrfsErrors.From(e, "open volume", path.ToString());
        }
    }

    /// <summary>Finds a volume's place, and makes sure that it is still the same volume.</summary>
    /// <exception cref="VolumeNotFoundException">It is not there, or another one is in its place (VolumeReplaced).</exception>
    internal VolumePlace Locate(VolumeRef volume) => TryLocate(VolumeKey.Require(volume), out bool replaced)
        ?? throw new VolumeNotFoundException(volume.ToString(), replaced ? EngineReason.VolumeReplaced : EngineReason.VolumeMissing) { Engine = BtrfsEngineFactory.SchemeName };

    /// <summary>Finds a volume's place; null if it is nowhere.</summary>
    /// <param name="key">The volume.</param>
    /// <param name="replaced">Whether another subvolume is where it was.</param>
    internal VolumePlace? TryLocate(VolumeKey key, out bool replaced)
    {
        replaced = false;
        IReadOnlyList<Guid> lives = [key.Origin];
        if (_known.TryGetValue(key.Id, out BytePath at))
        {
            if (TryResolve(at) is { } there)
            {
                if (there.Key == key)
                {
                    return there;
                }

                replaced = true;
            }

            lives = Lives(key, at);
        }

        using DirectoryHandle? fileSystem = TryOpenFileSystem(key.FileSystem);
        if (fileSystem is null || TryReadTable(fileSystem) is not { } table)
        {
            return null;
        }

        // A volume that was rolled back has another uuid than its id says; what it has been is noted beside its snapshots.
        foreach (Guid life in lives.Reverse().Concat(VolumeFile.Find(table, key)))
        {
            if (table.Find(life) is { IsReadOnly: false } found && table.VisiblePath(found) is { } path && !SnapshotStore.IsUnfinished(path.Name.Span) && TryResolve(path) is { } place && place.Key == key)
            {
                return place;
            }
        }

        return null;
    }

    /// <summary>Opens something on a file system; null if it is not mounted.</summary>
    internal DirectoryHandle? TryOpenFileSystem(Guid fileSystem)
    {
        IEnumerable<BytePath> known = _known.Where(each => VolumeKey.TryParse(each.Key, out VolumeKey key) && key.FileSystem == fileSystem).Select(each => each.Value);
        foreach (BytePath path in known.Concat(MountTable.Read().Select(mount => mount.Point)))
        {
            if (TryOpen(path, fileSystem) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Reads the table of subvolumes; null if the caller may not.</summary>
    internal static SubvolumeTable? TryReadTable(DirectoryHandle fileSystem)
    {
        try
        {
            return SubvolumeTable.Read(fileSystem);
        }
        catch (PosixException e) when (e.Errno is Errno.EPERM or Errno.EACCES)
        {
            return null; // Without CAP_SYS_ADMIN only the known places are looked at, which the probe tells.
        }
    }

    /// <summary>Where a volume is thought to be; null if it was not seen yet.</summary>
    internal BytePath? LastSeen(string volumeId) => _known.TryGetValue(volumeId, out BytePath at) ? at : null;

    /// <summary>All writable subvolumes that can be reached, or those that were resolved where the caller may not list them.</summary>
    internal IEnumerable<VolumeInfo> All(CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (BytePath point in MountTable.Read().Select(mount => mount.Point).Concat(_known.Values))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (VolumePlace place in Around(point))
            {
                if (seen.Add(place.Key.Id))
                {
                    yield return place.Info;
                }
            }
        }
    }

    /// <summary>The directory that a volume's snapshots go to, whether or not it is there.</summary>
    internal BytePath SnapshotRoot(BytePath location, Guid fileSystem)
    {
        if (snapshotRoot is { } given)
        {
            return given;
        }

        BytePath parent = location.Parent.IsRoot ? new BytePath("/"u8.ToArray()) : location.Parent;
        using DirectoryHandle? above = location.Length > 1 ? TryOpen(parent, fileSystem) : null;
        BytePath holder = above is null ? location : parent;
        return Below(holder, DefaultRoot);
    }

    /// <summary>A path with a name below it; the path may be <c>/</c>.</summary>
    internal static BytePath Below(BytePath path, ReadOnlySpan<byte> name)
        => path.Length == 1 ? new BytePath((byte[])[(byte)'/', .. name]) : new BytePath((byte[])[.. path.Span, (byte)'/', .. name]);

    private IEnumerable<VolumePlace> Around(BytePath point)
    {
        DirectoryHandle directory;
        try
        {
            directory = DirectoryHandle.Open(point.Span);
        }
        catch (PosixException)
        {
            yield break; // Another mount hides it, or it was unmounted meanwhile.
        }

        using (directory)
        {
            SubvolumeTable? table = BtrfsControl.IsBtrfs(directory) ? TryReadTable(directory) : null;
            IEnumerable<BytePath> paths = table is null ? [point]
                : table.All.Where(each => !each.IsReadOnly).Select(table.VisiblePath).OfType<BytePath>().Where(path => !path.Name.Span.SequenceEqual(DefaultRoot) && !SnapshotStore.IsUnfinished(path.Name.Span));
            foreach (BytePath path in paths)
            {
                if (TryResolve(path) is { } place)
                {
                    yield return place;
                }
            }
        }
    }

    private VolumePlace Look(BytePath path, DirectoryHandle directory)
    {
        if (!BtrfsControl.IsBtrfs(directory))
        {
            throw BtrfsErrors.NotSupported(EngineStatus.InvalidArgument, $"'{path}' is not on Btrfs but on {Statfs.Get(directory).Name}; use another engine for it.");
        }

        if (!BtrfsControl.IsSubvolume(directory))
        {
            throw BtrfsErrors.NotSupported(
                EngineStatus.InvalidArgument, $"'{path}' is a directory within a subvolume and no subvolume itself; name the subvolume, or make one of it with 'btrfs subvolume create'.");
        }

        SubvolumeDetails current = BtrfsControl.Details(directory);
        Guid fileSystem = BtrfsControl.FileSystemId(directory);
        BytePath root = SnapshotRoot(path, fileSystem);
        (Guid origin, IReadOnlyList<Guid> lives) = Identify(root, current.Uuid);
        var key = new VolumeKey(fileSystem, origin);
        return new VolumePlace(key, path, current, lives, Below(root, key.DirectoryName));
    }

    // The snapshot directory of a volume that was rolled back tells which subvolumes it has been.
    private static (Guid Origin, IReadOnlyList<Guid> Lives) Identify(BytePath root, Guid uuid)
    {
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(root.Span);
            Span<byte> buffer = stackalloc byte[4096];
            var origins = new List<byte[]>();
            foreach (DirectoryEntry entry in directory.Entries(buffer))
            {
                if (SubvolumeTable.TryParse(entry.Name, out _))
                {
                    origins.Add(entry.Name.ToArray());
                }
            }

            foreach (byte[] name in origins)
            {
                using DirectoryHandle one = directory.OpenChild(name);
                IReadOnlyList<Guid> lives = VolumeFile.Read(one);
                if (lives.Contains(uuid) && SubvolumeTable.TryParse(name, out Guid origin))
                {
                    return (origin, lives);
                }
            }
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.EACCES)
        {
            // No snapshots yet, or none that this user may see.
        }

        return (uuid, [uuid]);
    }

    private IReadOnlyList<Guid> Lives(VolumeKey key, BytePath location)
    {
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(Below(SnapshotRoot(location, key.FileSystem), key.DirectoryName).Span);
            IReadOnlyList<Guid> lives = VolumeFile.Read(directory);
            return lives.Count > 0 ? lives : [key.Origin];
        }
        catch (PosixException)
        {
            return [key.Origin]; // It has no snapshots there.
        }
    }

    private VolumePlace? TryResolve(BytePath path)
    {
        try
        {
            return Resolve(path);
        }
        catch (StorageEngineException e) when (e.Status is EngineStatus.NotFound or EngineStatus.InvalidArgument or EngineStatus.PermissionDenied)
        {
            return null; // There is no volume there.
        }
    }

    private static DirectoryHandle? TryOpen(BytePath path, Guid fileSystem)
    {
        DirectoryHandle? directory = null;
        try
        {
            directory = DirectoryHandle.Open(path.Span);
            if (BtrfsControl.IsBtrfs(directory) && BtrfsControl.FileSystemId(directory) == fileSystem)
            {
                return directory;
            }
        }
        catch (PosixException)
        {
            // It went away, or may not be looked at.
        }

        directory?.Dispose();
        return null;
    }

    private static BytePath Trim(BytePath location)
    {
        if (!location.IsAbsolute)
        {
            throw new ArgumentException($"'{location}' is not an absolute path.", nameof(location));
        }

        ReadOnlyMemory<byte> bytes = location.Bytes;
        while (bytes.Length > 1 && bytes.Span[^1] == (byte)'/')
        {
            bytes = bytes[..^1];
        }

        return new BytePath(bytes);
    }
}
