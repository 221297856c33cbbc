using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.RemoteShells;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>The table as <c>btrfs subvolume list</c> tells it. Where a subvolume can be seen is worked out from the table of mounts, without asking again.</summary>
internal sealed class RemoteSubvolumeTable : SubvolumeTable
{
    private readonly Dictionary<ulong, BytePath> _paths = [];
    private readonly Dictionary<BytePath, SubvolumeDetails> _seen = [];
    private readonly List<MountTable.Mount> _mounts;
    private readonly List<MountTable.Mount> _here;

    private RemoteSubvolumeTable(Guid fileSystem, List<MountTable.Mount> mounts, BytePath at)
        : base(fileSystem)
    {
        _mounts = mounts;
        string device = Above(at)?.Device ?? "";
        _here = [.. mounts.Where(mount => mount.Type == "btrfs" && mount.Device == device)];
    }

    /// <summary>Takes the answer of the function <c>table</c> apart.</summary>
    /// <exception cref="CorruptDataException">It is none.</exception>
    internal static RemoteSubvolumeTable Parse(byte[] answer)
    {
        var fields = new Fields(answer, "the table of subvolumes", BtrfsEngineFactory.SchemeName);
        if (!Guid.TryParseExact(fields.Text(), "D", out Guid fileSystem))
        {
            throw fields.Damaged("it has no file system's id");
        }

        var at = new BytePath(fields.Next());
        var table = new RemoteSubvolumeTable(fileSystem, MountTable.ParseAll(fields.Next().Span), at);
        IReadOnlyList<SubvolumeList.Entry> entries = SubvolumeList.Parse(fields.Next().Span, fields.Next().Span, fields.Next().Span);
        ReadOnlyMemory<byte> top = fields.Next();
        if (!top.IsEmpty)
        {
            SubvolumeDetails details = SubvolumeShow.Parse(top.Span);
            table.ById[details.Id] = details with { Name = [] };
        }

        foreach (SubvolumeList.Entry entry in entries)
        {
            table.ById.TryAdd(entry.Details.Id, entry.Details);
            table._paths.TryAdd(entry.Details.Id, new BytePath((byte[])[(byte)'/', .. entry.Path.Span]));
        }

        return table;
    }

    /// <summary>The subvolume that <see cref="VisiblePath"/> said is at a path; null if it said that of none.</summary>
    internal SubvolumeDetails? At(BytePath path) => _seen.GetValueOrDefault(path);

    /// <inheritdoc/>
    internal override BytePath? TopLevelPath(SubvolumeDetails subvolume)
        => subvolume.Id == BtrfsRequests.TopLevel ? new BytePath("/"u8.ToArray()) : _paths.TryGetValue(subvolume.Id, out BytePath path) ? path : null;

    /// <inheritdoc/>
    internal override BytePath? VisiblePath(SubvolumeDetails subvolume)
    {
        if (TopLevelPath(subvolume) is not { } path)
        {
            return null;
        }

        foreach (MountTable.Mount mount in _here)
        {
            if (MountTable.See(mount, path) is { } seen && ReferenceEquals(Above(seen), mount))
            {
                _seen[seen] = subvolume;
                return seen;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<BytePath> MountsOf(SubvolumeDetails subvolume)
        => [.. _here.Where(mount => mount.Root == TopLevelPath(subvolume) && ReferenceEquals(Above(mount.Point), mount)).Select(mount => mount.Point)];

    /// <inheritdoc/>
    public override void Dispose()
    {
    }

    // What shows a path: the mount with the longest point above it, of several at one point the last.
    private MountTable.Mount? Above(BytePath path)
    {
        MountTable.Mount? found = null;
        foreach (MountTable.Mount mount in _mounts)
        {
            ReadOnlySpan<byte> point = mount.Point.Span;
            bool covers = point.Length == 1 || (path.Span.StartsWith(point) && (path.Length == point.Length || path.Span[point.Length] == (byte)'/'));
            if (covers && (found is null || point.Length >= found.Point.Length))
            {
                found = mount;
            }
        }

        return found;
    }
}
