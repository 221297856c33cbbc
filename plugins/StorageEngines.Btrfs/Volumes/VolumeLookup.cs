using System.Collections.Concurrent;
using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Volumes;

/// <summary>Finds volumes: by path, and from an id back to the path. Safe for use by several threads.</summary>
/// <param name="host">Where they are.</param>
/// <param name="snapshotRoot">The setting <c>snapshots</c>; null for the default places.</param>
internal sealed class VolumeLookup(IBtrfsHost host, BytePath? snapshotRoot)
{
    /// <summary>The name of the directory that holds the snapshots, where no other is set.</summary>
    internal static readonly byte[] DefaultRoot = ".seng-snapshots"u8.ToArray();

    private readonly ConcurrentDictionary<string, VolumePlace> _known = new(StringComparer.Ordinal);

    /// <summary>Where the volumes are.</summary>
    internal IBtrfsHost Host => host;

    /// <summary>Looks at a path. What is found there is known from then on.</summary>
    /// <exception cref="VolumeNotFoundException">Nothing is there.</exception>
    /// <exception cref="StorageEngineException">It is no subvolume, or may not be read.</exception>
    internal VolumePlace Resolve(BytePath location, CancellationToken cancellationToken = default)
        => Place(host.Look([Trim(location)], snapshotRoot, cancellationToken)[0]);

    /// <summary>Finds a volume's place, and makes sure that it is still the same volume.</summary>
    /// <exception cref="VolumeNotFoundException">It is not there, or another one is in its place (VolumeReplaced).</exception>
    internal VolumePlace Locate(VolumeRef volume, CancellationToken cancellationToken = default) => TryLocate(VolumeKey.Require(volume), out bool replaced, cancellationToken)
        ?? throw new VolumeNotFoundException(volume.ToString(), replaced ? EngineReason.VolumeReplaced : EngineReason.VolumeMissing) { Engine = BtrfsEngineFactory.SchemeName };

    /// <summary>Finds a volume's place; null if it is nowhere.</summary>
    /// <param name="key">The volume.</param>
    /// <param name="replaced">Whether another subvolume is where it was.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal VolumePlace? TryLocate(VolumeKey key, out bool replaced, CancellationToken cancellationToken = default)
    {
        replaced = false;
        Guid[] lives = [key.Origin];
        if (_known.TryGetValue(key.Id, out VolumePlace? known))
        {
            PathFacts facts = host.Look([known.Location], snapshotRoot, cancellationToken)[0];
            if (TryPlace(facts) is { } there)
            {
                if (there.Key == key)
                {
                    return there;
                }

                replaced = true;
            }

            lives = Lives(key, facts);
        }

        using SubvolumeTable? table = TryReadTable(key.FileSystem, cancellationToken);
        if (table is null)
        {
            return null;
        }

        // A volume that was rolled back has another uuid than its id says; what it has been is noted beside its snapshots.
        foreach (Guid life in Enumerable.Reverse(lives).Concat(Noted(table, key, cancellationToken)))
        {
            if (table.Find(life) is { IsReadOnly: false } found && table.VisiblePath(found) is { } path && HalfRollback.Settled(path) is { } settled
                && TryPlace(host.Look([settled], snapshotRoot, cancellationToken)[0]) is { } place && place.Key == key)
            {
                return place;
            }
        }

        return null;
    }

    /// <summary>Reads the table of a file system's subvolumes; null if it is not mounted, or the caller may not.</summary>
    internal SubvolumeTable? TryReadTable(Guid fileSystem, CancellationToken cancellationToken = default)
    {
        foreach (VolumePlace known in _known.Values)
        {
            if (known.Key.FileSystem == fileSystem && host.TryReadTable(known.Location, fileSystem, cancellationToken) is { } found)
            {
                return found;
            }
        }

        foreach (BytePath path in host.Mounts(cancellationToken))
        {
            if (host.TryReadTable(path, fileSystem, cancellationToken) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Where a volume is thought to be; null if it was not seen yet.</summary>
    internal BytePath? LastSeen(string volumeId) => _known.TryGetValue(volumeId, out VolumePlace? known) ? known.Location : null;

    /// <summary>All writable subvolumes that can be reached, or those that were resolved where the caller may not list them.</summary>
    internal IEnumerable<VolumeInfo> All(CancellationToken cancellationToken)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var fileSystems = new HashSet<Guid>();
        foreach (BytePath point in host.Mounts(cancellationToken).Concat(_known.Values.Select(known => known.Location)).ToList())
        {
            cancellationToken.ThrowIfCancellationRequested();
            using SubvolumeTable? table = host.TryReadTable(point, null, cancellationToken);
            if (table is not null && !fileSystems.Add(table.FileSystem))
            {
                continue;
            }

            BytePath[] paths = table is null ? [point] : [.. table.All.Where(each => !each.IsReadOnly && !IsPlaceOfSnapshots(each)).Select(each => table.VisiblePath(each) is { } at ? HalfRollback.Settled(at) : null).OfType<BytePath>()];
            foreach (PathFacts facts in host.Look(paths, snapshotRoot, cancellationToken))
            {
                if (TryPlace(facts) is { } place && seen.Add(place.Key.Id))
                {
                    yield return place.Info;
                }
            }
        }
    }

    /// <summary>A path with a name below it; the path may be <c>/</c>.</summary>
    internal static BytePath Below(BytePath path, ReadOnlySpan<byte> name)
        => path.Length == 1 ? new BytePath((byte[])[(byte)'/', .. name]) : new BytePath((byte[])[.. path.Span, (byte)'/', .. name]);

    /// <summary>Says whether a subvolume is where snapshots are kept by default.</summary>
    internal static bool IsPlaceOfSnapshots(SubvolumeDetails subvolume) => subvolume.Name.AsSpan().SequenceEqual(DefaultRoot);

    // What is noted of a volume by its snapshots, wherever they are; nothing if it has none. The last one comes first.
    private IEnumerable<Guid> Noted(SubvolumeTable table, VolumeKey key, CancellationToken cancellationToken)
    {
        byte[] name = key.DirectoryName;
        foreach (SubvolumeDetails each in table.All.Where(each => each.IsReadOnly && each.Name.AsSpan().SequenceEqual(SnapshotCatalog.DataName)))
        {
            if (table.VisiblePath(each) is { } path && path.Parent.Parent is { } store && store.Name.Span.SequenceEqual(name))
            {
                return host.TryReadVolumeFile(store, cancellationToken) is { } content ? Enumerable.Reverse(VolumeFile.Parse(content)) : [];
            }
        }

        return [];
    }

    private VolumePlace Place(PathFacts facts)
    {
        if (facts.Error is { } error)
        {
            throw error.Errno switch
            {
                Errno.ENOENT => new VolumeNotFoundException(facts.Path.ToString()) { Engine = BtrfsEngineFactory.SchemeName },
                Errno.ENOTDIR => BtrfsErrors.NotSupported(
                    EngineStatus.InvalidArgument, $"'{facts.Path}' is no directory; a Btrfs volume is a subvolume. Name the subvolume, and the file as a path within it."),
                _ => BtrfsErrors.From(error, "open volume", facts.Path.ToString()),
            };
        }

        if (!facts.IsBtrfs)
        {
            throw BtrfsErrors.NotSupported(EngineStatus.InvalidArgument, $"'{facts.Path}' is not on Btrfs but on {facts.FileSystemName}; use another engine for it.");
        }

        if (facts.Subvolume is not { } current)
        {
            throw BtrfsErrors.NotSupported(
                EngineStatus.InvalidArgument, $"'{facts.Path}' is a directory within a subvolume and no subvolume itself; name the subvolume, or make one of it with 'btrfs subvolume create'.");
        }

        (Guid origin, Guid[] lives) = Identify(facts, current.Uuid);
        var key = new VolumeKey(facts.FileSystem, origin);
        var place = new VolumePlace(key, facts.Path, current, lives, Below(facts.SnapshotRoot, key.DirectoryName), facts.IsMountRoot);
        _known[key.Id] = place;
        return place;
    }

    private VolumePlace? TryPlace(PathFacts facts)
    {
        try
        {
            return Place(facts);
        }
        catch (StorageEngineException e) when (e.Status is EngineStatus.NotFound or EngineStatus.InvalidArgument or EngineStatus.PermissionDenied)
        {
            return null; // There is no volume there.
        }
    }

    // The snapshot directory of a volume that was rolled back tells which subvolumes it has been.
    private static (Guid Origin, Guid[] Lives) Identify(PathFacts facts, Guid uuid)
    {
        foreach ((Guid origin, byte[] content) in facts.VolumeFiles)
        {
            Guid[] lives = VolumeFile.Parse(content);
            if (lives.Contains(uuid))
            {
                return (origin, lives);
            }
        }

        return (uuid, [uuid]);
    }

    private static Guid[] Lives(VolumeKey key, PathFacts facts)
    {
        foreach ((Guid origin, byte[] content) in facts.VolumeFiles)
        {
            if (origin == key.Origin && VolumeFile.Parse(content) is { Length: > 0 } lives)
            {
                return lives;
            }
        }

        return [key.Origin];
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
