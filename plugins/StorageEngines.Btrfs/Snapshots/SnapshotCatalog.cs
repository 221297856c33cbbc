using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>Finds the snapshots of volumes: those of this engine and those that others made. Safe for use by several threads.</summary>
internal sealed class SnapshotCatalog(VolumeLookup volumes)
{
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
    internal SnapshotEntry? TryFind(SnapshotRef snapshot, CancellationToken cancellationToken = default) => Read(snapshot, cancellationToken)?.Snapshots.FirstOrDefault();

    /// <summary>Finds one snapshot with its description; null if it is not there.</summary>
    internal SnapshotInfo? Describe(SnapshotRef snapshot, CancellationToken cancellationToken = default) => Read(snapshot, cancellationToken)?.Infos.FirstOrDefault();

    /// <summary>Finds one snapshot.</summary>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    internal SnapshotEntry Require(SnapshotRef snapshot, CancellationToken cancellationToken = default) => TryFind(snapshot, cancellationToken) ?? throw Missing(snapshot);

    /// <summary>The error for a snapshot that is not there.</summary>
    internal static SnapshotNotFoundException Missing(SnapshotRef snapshot)
        => new(snapshot.Name ?? snapshot.Id, snapshot.Volume.ToString()) { Engine = BtrfsEngineFactory.SchemeName };

    /// <summary>Reads a snapshot of this engine by its directory; null if there is none.</summary>
    /// <param name="key">The volume.</param>
    /// <param name="home">The snapshot's directory.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal SnapshotEntry? TryRead(VolumeKey key, BytePath home, CancellationToken cancellationToken = default) => Entry(key, volumes.Host.ReadHomes([home], null, cancellationToken)[0]);

    /// <summary>Reads snapshots of this engine by their directories; those that are not there are left out.</summary>
    internal IEnumerable<SnapshotEntry> ReadAll(VolumeKey key, List<BytePath> homes, SubvolumeTable? table, CancellationToken cancellationToken)
        => volumes.Host.ReadHomes(homes.ToArray(), table, cancellationToken).Select(facts => Entry(key, facts)).OfType<SnapshotEntry>();

    /// <summary>Finds a group's members on a file system; null if it is not mounted. Needs CAP_SYS_ADMIN.</summary>
    internal Listing? Group(Guid fileSystem, string groupId, CancellationToken cancellationToken = default)
    {
        using SubvolumeTable? table = volumes.TryReadTable(fileSystem, cancellationToken);
        if (table is null)
        {
            return null;
        }

        var homes = new List<BytePath>();
        foreach (SubvolumeDetails each in table.All.Where(each => each.IsReadOnly && each.Name.AsSpan().SequenceEqual(DataName)))
        {
            if (table.VisiblePath(each) is { } path && SubvolumeTable.TryParse(path.Parent.Parent.Name.Span, out _))
            {
                homes.Add(path.Parent);
            }
        }

        var members = new List<SnapshotEntry>();
        foreach (HomeFacts facts in volumes.Host.ReadHomes(homes.ToArray(), table, cancellationToken))
        {
            if (SubvolumeTable.TryParse(facts.Home.Parent.Name.Span, out Guid origin) && Entry(new VolumeKey(fileSystem, origin), facts) is { } entry && entry.File?.GroupId == groupId)
            {
                members.Add(entry);
            }
        }

        return new Listing(members, [.. members.Select(each => each.ToInfo(
            volumes.TryLocate(each.Volume, out _, cancellationToken)?.Ref ?? new VolumeRef(BtrfsEngineFactory.SchemeName, each.Volume.Id), table))]);
    }

    private static SnapshotEntry? Entry(VolumeKey key, HomeFacts facts) => facts.Data is not { } data ? null
        : new SnapshotEntry(key, data, VolumeLookup.Below(facts.Home, DataName), facts.Info is { } info ? SnapshotFile.Parse(info, facts.Home) : null);

    private Listing? Read(SnapshotRef snapshot, CancellationToken cancellationToken)
        => Guid.TryParseExact(snapshot.Id, "D", out Guid uuid) ? Read(snapshot.Volume, uuid, cancellationToken) : null;

    private Listing Read(VolumeRef volume, Guid? only, CancellationToken cancellationToken)
    {
        VolumeKey key = VolumeKey.Require(volume);
        VolumePlace? place = volumes.TryLocate(key, out bool replaced, cancellationToken);
        using SubvolumeTable? table = volumes.TryReadTable(key.FileSystem, cancellationToken);
        VolumeRef owner = place?.Ref ?? volume;
        try
        {
            List<SnapshotEntry> snapshots = table is not null ? FromTable(table, key, place?.Lives ?? [key.Origin], only, cancellationToken)
                : place is not null ? FromDirectory(place, only, cancellationToken) : [];
            if (place is null && snapshots.Count == 0 && only is null)
            {
                throw new VolumeNotFoundException(volume.ToString(), replaced ? EngineReason.VolumeReplaced : EngineReason.VolumeMissing) { Engine = BtrfsEngineFactory.SchemeName };
            }

            snapshots.Sort((a, b) => a.Details.OriginTransaction.CompareTo(b.Details.OriginTransaction) is var order and not 0 ? order : a.Details.Id.CompareTo(b.Details.Id));
            return new Listing(snapshots, [.. snapshots.Select(each => each.ToInfo(owner, table))]);
        }
        catch (PosixException e)
        {
            throw BtrfsErrors.From(e, "list snapshots of", volume.ToString());
        }
    }

    private List<SnapshotEntry> FromTable(SubvolumeTable table, VolumeKey key, Guid[] lives, Guid? only, CancellationToken cancellationToken)
    {
        var others = new List<SnapshotEntry>();
        var homes = new List<BytePath>();
        foreach (SubvolumeDetails each in table.All)
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool own = each.Name.AsSpan().SequenceEqual(DataName);
            if (!each.IsReadOnly || SnapshotStore.IsUnfinished(each.Name) || (only is { } one && each.Uuid != one) || (!own && !lives.Contains(each.ParentUuid)) || table.VisiblePath(each) is not { } path)
            {
                continue;
            }

            // SNAPSHOT ROOT/VOLUME/NAME/data
            if (own && path.Parent.Parent.Name.Span.SequenceEqual(key.DirectoryName))
            {
                homes.Add(path.Parent);
            }
            else if (lives.Contains(each.ParentUuid))
            {
                others.Add(new SnapshotEntry(key, each, path, null));
            }
        }

        return [.. ReadAll(key, homes, table, cancellationToken), .. volumes.Host.Complete(others, cancellationToken)];
    }

    private List<SnapshotEntry> FromDirectory(VolumePlace place, Guid? only, CancellationToken cancellationToken)
    {
        List<BytePath> homes = [.. volumes.Host.Directories(place.SnapshotDirectory, cancellationToken).Select(name => VolumeLookup.Below(place.SnapshotDirectory, name))];
        return [.. ReadAll(place.Key, homes, null, cancellationToken).Where(entry => entry.Details.IsReadOnly && (only is null || entry.Details.Uuid == only))];
    }
}
