using System.Diagnostics.CodeAnalysis;
using StorageEngines.LvmThin.Snapshots;

namespace StorageEngines.LvmThin.Volumes;

/// <summary>The thin volumes of one or of all volume groups, sorted into volumes and snapshots. Immutable.</summary>
/// <remarks>
/// A snapshot is what this engine made as one, and what was made from another thin volume and can not be written or is not switched on by itself, which is how lvcreate(8) makes them. All
/// else is a volume, clones among them. A volume that was rolled back is a copy of a snapshot under the old name, with its former id in a tag.
/// </remarks>
internal sealed class Inventory
{
    private const string Fresh = "seng-new-";
    private const string Aside = "seng-old-";
    private const int MostOrigins = 1000;

    private readonly Dictionary<(string Group, string Uuid), LogicalVolume> _byUuid = [];
    private readonly Dictionary<string, ThinVolume> _volumes = new(StringComparer.Ordinal);
    private readonly List<ThinSnapshot> _snapshots = [];

    /// <summary>Sorts what LVM reported.</summary>
    internal Inventory(IReadOnlyList<LogicalVolume> all)
    {
        foreach (LogicalVolume each in all)
        {
            _byUuid[(each.GroupUuid, each.Uuid)] = each;
        }

        foreach (LogicalVolume each in all.Where(each => !each.IsPool && !IsSnapshot(each)))
        {
            AddVolume(each);
        }

        foreach (LogicalVolume each in all.Where(IsSnapshot))
        {
            AddSnapshot(each);
        }

        _snapshots.Sort((a, b) => (a.Lv.PoolUuid, a.Lv.ThinId).CompareTo((b.Lv.PoolUuid, b.Lv.ThinId)));
        Unfinished = [.. all.Where(each => each.Name.StartsWith(Fresh, StringComparison.Ordinal) || each.Name.StartsWith(Aside, StringComparison.Ordinal))
            .Select(each => (each.Group, each.Name[Fresh.Length..])).Distinct()];
    }

    /// <summary>The volumes.</summary>
    internal IEnumerable<ThinVolume> Volumes => _volumes.Values;

    /// <summary>The snapshots, oldest first.</summary>
    internal IReadOnlyList<ThinSnapshot> Snapshots => _snapshots;

    /// <summary>Volumes in whose roll back something is going on, or broke off.</summary>
    internal IReadOnlyList<(string Group, string Volume)> Unfinished { get; }

    /// <summary>A volume by its id.</summary>
    internal ThinVolume? FindVolume(string id) => _volumes.GetValueOrDefault(id);

    /// <summary>A volume by its name.</summary>
    internal ThinVolume? FindVolume(string group, string name) => _volumes.Values.FirstOrDefault(each => each.Lv.Group == group && each.Name == name);

    /// <summary>A snapshot by its id.</summary>
    internal ThinSnapshot? FindSnapshot(string volumeId, string id) => _snapshots.FirstOrDefault(each => each.Lv.Uuid == id && each.Volume.Id == volumeId);

    /// <summary>The name of a volume that a roll back has put aside.</summary>
    internal static bool IsAside(string name, [NotNullWhen(true)] out string? real)
    {
        real = name.StartsWith(Aside, StringComparison.Ordinal) ? name[Aside.Length..] : null;
        return real is not null;
    }

    private void AddVolume(LogicalVolume lv)
    {
        if (lv.Name.StartsWith(Fresh, StringComparison.Ordinal))
        {
            return;
        }

        string id = SnapshotTags.Find(lv.Tags, SnapshotTags.Id) ?? lv.Uuid;
        bool isExternal = lv.Origin.Length > 0 && (OriginOf(lv) is not { } origin || origin.PoolUuid != lv.PoolUuid || origin.Role.Contains("extorigin", StringComparison.Ordinal));
        var volume = new ThinVolume(lv, id, PoolOf(lv), isExternal);
        if (!IsAside(lv.Name, out _))
        {
            _volumes[id] = volume; // whatever is put aside is the volume only as long as nothing else is
        }
        else
        {
            _volumes.TryAdd(id, volume);
        }
    }

    private void AddSnapshot(LogicalVolume lv)
    {
        string? marked = SnapshotTags.Find(lv.Tags, SnapshotTags.Snapshot);
        string id = marked ?? RootId(lv);
        VolumeRef volume = _volumes.TryGetValue(id, out ThinVolume? found) ? found.Ref : new VolumeRef(LvmThinEngineFactory.SchemeName, id);
        _snapshots.Add(new ThinSnapshot(lv, volume, PoolOf(lv), SnapshotTags.Find(lv.Tags, SnapshotTags.Name) is not null));
    }

    private bool IsSnapshot(LogicalVolume lv)
        => !lv.IsPool && (SnapshotTags.Find(lv.Tags, SnapshotTags.Snapshot) is not null
            || (OriginOf(lv) is { } origin && origin.PoolUuid == lv.PoolUuid && !origin.Role.Contains("extorigin", StringComparison.Ordinal) && (!lv.IsWritable || lv.SkipsActivation)
                && !lv.Tags.Contains(SnapshotTags.Clone) && SnapshotTags.Find(lv.Tags, SnapshotTags.Id) is null && !lv.Name.StartsWith(Fresh, StringComparison.Ordinal)));

    // A snapshot of a snapshot is one of the volume that the first was taken of.
    private string RootId(LogicalVolume lv)
    {
        LogicalVolume at = lv;
        for (int steps = 0; steps < MostOrigins && OriginOf(at) is { } origin; steps++)
        {
            at = origin;
            if (SnapshotTags.Find(at.Tags, SnapshotTags.Snapshot) is { } marked)
            {
                return marked;
            }

            if (!IsSnapshot(at))
            {
                break;
            }
        }

        return SnapshotTags.Find(at.Tags, SnapshotTags.Id) ?? at.Uuid;
    }

    private LogicalVolume? OriginOf(LogicalVolume lv) => lv.OriginUuid.Length > 0 ? _byUuid.GetValueOrDefault((lv.GroupUuid, lv.OriginUuid)) : null;

    private LogicalVolume? PoolOf(LogicalVolume lv) => _byUuid.GetValueOrDefault((lv.GroupUuid, lv.PoolUuid));
}
