using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>Finds the snapshots of volumes: those of this engine and those that others made. Safe for use by several threads.</summary>
internal sealed class SnapshotCatalog(VolumeLookup volumes)
{
    private const int ListingBuffer = 32 << 10;

    /// <summary>The subvolume's name within a snapshot's directory.</summary>
    internal static ReadOnlySpan<byte> DataName => "data"u8;

    /// <summary>What was found.</summary>
    /// <param name="Snapshots">Oldest first.</param>
    /// <param name="Infos">Their descriptions, in the same order.</param>
    internal sealed record Listing(IReadOnlyList<SnapshotEntry> Snapshots, IReadOnlyList<SnapshotInfo> Infos);

    /// <summary>Lists a volume's snapshots, oldest first.</summary>
    /// <exception cref="VolumeNotFoundException">There is neither the volume nor a snapshot of it.</exception>
    internal Listing List(VolumeRef volume, CancellationToken cancellationToken) => Read(volume, null, cancellationToken);

    /// <summary>Finds one snapshot; null if it is not there.</summary>
    internal SnapshotEntry? TryFind(SnapshotRef snapshot) => Read(snapshot)?.Snapshots.FirstOrDefault();

    /// <summary>Finds one snapshot with its description; null if it is not there.</summary>
    internal SnapshotInfo? Describe(SnapshotRef snapshot) => Read(snapshot)?.Infos.FirstOrDefault();

    /// <summary>Finds one snapshot.</summary>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    internal SnapshotEntry Require(SnapshotRef snapshot) => TryFind(snapshot) ?? throw Missing(snapshot);

    /// <summary>The error for a snapshot that is not there.</summary>
    internal static SnapshotNotFoundException Missing(SnapshotRef snapshot)
        => new(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString()) { Engine = BtrfsEngineFactory.SchemeName };

    /// <summary>Reads a snapshot of this engine by its directory; null if there is none.</summary>
    /// <param name="key">The volume.</param>
    /// <param name="directory">The snapshot's directory.</param>
    internal static SnapshotEntry? TryRead(VolumeKey key, BytePath directory)
    {
        BytePath data = VolumeLookup.Below(directory, DataName);
        try
        {
            using DirectoryHandle home = DirectoryHandle.Open(directory.Span);
            using DirectoryHandle subvolume = home.OpenChild(DataName);
            return BtrfsControl.IsSubvolume(subvolume)
                ? new SnapshotEntry(key, BtrfsControl.Details(subvolume), data, SnapshotFile.TryRead(home, directory)) : null;
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return null;
        }
    }

    /// <summary>The names of directories in a directory; none if it is not there.</summary>
    internal static List<byte[]> Directories(BytePath path)
    {
        var names = new List<byte[]>();
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(path.Span);
            foreach (DirectoryEntry entry in directory.Entries(new byte[ListingBuffer]))
            {
                if (entry.Type == FileType.Directory)
                {
                    names.Add(entry.Name.ToArray());
                }
            }
        }
        catch (PosixException e) when (e.Errno == Errno.ENOENT)
        {
            return names; // No snapshots yet.
        }

        return names;
    }

    /// <summary>Finds a group's members on a file system; null if it is not mounted. Needs CAP_SYS_ADMIN.</summary>
    internal Listing? Group(Guid fileSystem, string groupId)
    {
        using DirectoryHandle? directory = volumes.TryOpenFileSystem(fileSystem);
        if (directory is null || VolumeLookup.TryReadTable(directory) is not { } table)
        {
            return null;
        }

        var members = new List<SnapshotEntry>();
        foreach (SubvolumeDetails each in table.All.Where(each => each.IsReadOnly && each.Name.AsSpan().SequenceEqual(DataName)))
        {
            if (table.VisiblePath(each) is { } path && SubvolumeTable.TryParse(path.Parent.Parent.Name.Span, out Guid origin)
                && TryRead(new VolumeKey(fileSystem, origin), path.Parent) is { } entry && entry.File?.GroupId == groupId)
            {
                members.Add(entry);
            }
        }

        return new Listing(members, [.. members.Select(each => each.ToInfo(
            volumes.TryLocate(each.Volume, out _)?.Ref ?? new VolumeRef(BtrfsEngineFactory.SchemeName, each.Volume.Id), table))]);
    }

    private Listing? Read(SnapshotRef snapshot)
        => Guid.TryParseExact(snapshot.Id, "D", out Guid uuid) ? Read(snapshot.Volume, uuid, CancellationToken.None) : null;

    private Listing Read(VolumeRef volume, Guid? only, CancellationToken cancellationToken)
    {
        VolumeKey key = VolumeKey.Require(volume);
        VolumePlace? place = volumes.TryLocate(key, out bool replaced);
        using DirectoryHandle? fileSystem = volumes.TryOpenFileSystem(key.FileSystem);
        SubvolumeTable? table = fileSystem is null ? null : VolumeLookup.TryReadTable(fileSystem);
        VolumeRef owner = place?.Ref ?? volume;
        try
        {
            IEnumerable<SnapshotEntry> found = table is not null ? FromTable(table, key, place?.Lives ?? [key.Origin], only)
                : place is not null ? FromDirectory(place, only) : [];
            var snapshots = new List<SnapshotEntry>();
            foreach (SnapshotEntry each in found)
            {
                cancellationToken.ThrowIfCancellationRequested();
                snapshots.Add(each);
            }

            if (place is null && snapshots.Count == 0 && only is null)
            {
                throw new VolumeNotFoundException(volume.ToString(), replaced ? EngineReason.VolumeReplaced : EngineReason.VolumeMissing) { Engine = BtrfsEngineFactory.SchemeName };
            }

            snapshots.Sort((a, b) => (a.Details.OriginTransaction, a.Details.Id).CompareTo((b.Details.OriginTransaction, b.Details.Id)));
            return new Listing(snapshots, [.. snapshots.Select(each => each.ToInfo(owner, table))]);
        }
        catch (PosixException e)
        {
            throw BtrfsErrors.From(e, "list snapshots of", volume.ToString());
        }
    }

    private static IEnumerable<SnapshotEntry> FromTable(SubvolumeTable table, VolumeKey key, IReadOnlyList<Guid> lives, Guid? only)
    {
        foreach (SubvolumeDetails each in table.All)
        {
            bool own = each.Name.AsSpan().SequenceEqual(DataName);
            if (!each.IsReadOnly || SnapshotStore.IsUnfinished(each.Name) || (only is { } one && each.Uuid != one) || (!own && !lives.Contains(each.ParentUuid)) || table.VisiblePath(each) is not { } path)
            {
                continue;
            }

            // SNAPSHOT ROOT/VOLUME/NAME/data
            own &= path.Parent.Parent.Name.Span.SequenceEqual(key.DirectoryName);
            if (own && TryRead(key, path.Parent) is { } entry)
            {
                yield return entry;
            }
            else if (!own && lives.Contains(each.ParentUuid))
            {
                yield return new SnapshotEntry(key, each, path, null);
            }
        }
    }

    private static IEnumerable<SnapshotEntry> FromDirectory(VolumePlace place, Guid? only)
    {
        foreach (byte[] name in Directories(place.SnapshotDirectory))
        {
            if (TryRead(place.Key, VolumeLookup.Below(place.SnapshotDirectory, name)) is { Details.IsReadOnly: true } entry && (only is null || entry.Details.Uuid == only))
            {
                yield return entry;
            }
        }
    }
}
