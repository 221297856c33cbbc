using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>The snapshots and bookmarks of one dataset, oldest first.</summary>
/// <param name="Of">The dataset.</param>
/// <param name="Snapshots">Its snapshots.</param>
/// <param name="Bookmarks">Its bookmarks, those of snapshots that are there too included.</param>
internal sealed record SnapshotTable(Dataset Of, IReadOnlyList<ZfsSnapshot> Snapshots, IReadOnlyList<ZfsBookmark> Bookmarks)
{
    private const int Columns = 12;

    /// <summary>The snapshot with a guid; null if there is none.</summary>
    internal ZfsSnapshot? Find(ulong guid) => Snapshots.FirstOrDefault(each => each.Guid == guid);

    /// <summary>A bookmark of a snapshot that a difference can begin at; null if there is none. One that this engine made comes first: it knows the size.</summary>
    internal ZfsBookmark? FindBookmark(ulong guid) => Bookmarks.Where(each => each.Guid == guid && !each.IsRedaction).OrderByDescending(each => each.IsOurs).FirstOrDefault();

    /// <summary>Reads the lines of one dataset, as <c>zfs list -Hp -o</c> <see cref="ZfsShellFunctions.SnapshotColumns"/> prints them.</summary>
    /// <exception cref="CorruptDataException">They are not what is expected.</exception>
    internal static SnapshotTable Parse(Dataset of, ReadOnlyMemory<byte> answer) => ParseMany([of], answer)[0];

    /// <summary>Reads the lines of many datasets; those of others are left out.</summary>
    /// <returns>A table for each dataset, in their order.</returns>
    /// <exception cref="CorruptDataException">They are not what is expected.</exception>
    internal static IReadOnlyList<SnapshotTable> ParseMany(IReadOnlyList<Dataset> datasets, ReadOnlyMemory<byte> answer)
    {
        var rows = new Rows(answer, "the list of snapshots");
        Dictionary<string, (Dataset Of, List<ZfsSnapshot> Snapshots, List<ZfsBookmark> Bookmarks)> tables = datasets.ToDictionary(
            each => each.Name, each => (each, new List<ZfsSnapshot>(), new List<ZfsBookmark>()), StringComparer.Ordinal);
        while (rows.Read(Columns))
        {
            string name = rows.Text(0);
            int end = name.IndexOfAny(['@', '#']);
            if (end <= 0 || !DatasetName.IsValidPart(name[(end + 1)..]))
            {
                throw rows.Damaged($"'{name}' is not the name of a snapshot or bookmark");
            }

            if (!tables.TryGetValue(name[..end], out var table))
            {
                continue;
            }

            if (name[end] == '@')
            {
                table.Snapshots.Add(ReadSnapshot(table.Of, name[(end + 1)..], rows));
            }
            else
            {
                table.Bookmarks.Add(new ZfsBookmark(table.Of, name[(end + 1)..], rows.Number(1), rows.Number(3), CreatedAt(rows)) { IsRedaction = !rows.IsNone(8) });
            }
        }

        return [.. datasets.Select(each => tables[each.Name]).Select(each => new SnapshotTable(
            each.Of, [.. each.Snapshots.OrderBy(one => one.CreateTxg).ThenBy(one => one.Guid)], [.. each.Bookmarks.OrderBy(one => one.CreateTxg).ThenBy(one => one.Guid)]))];
    }

    private static ZfsSnapshot ReadSnapshot(Dataset of, string name, Rows rows)
    {
        long? size = rows.SizeOrNull(5);
        return (of.Kind == VolumeKind.Block) == size is not null
            ? new ZfsSnapshot(of, name, rows.Number(1), rows.Number(3), CreatedAt(rows), size)
            {
                Holds = rows.IsNone(6) ? 0 : rows.Number(6),
                ObjectSet = rows.IsNone(7) ? null : rows.Number(7),
                Clones = rows.IsNone(9) ? [] : rows.Text(9).Split(','),
                Group = rows.TextOrNull(10),
                Labels = rows.TextOrNull(11),
            }
            : throw rows.Damaged($"'{of.Name}@{name}' of type {of.Kind} has {size?.ToString() ?? "no"} bytes");
    }

    private static DateTimeOffset CreatedAt(Rows rows)
        => rows.Number(4) is var seconds && seconds <= (ulong)DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : throw rows.Damaged($"'{rows.Text(4)}' is no time");
}
