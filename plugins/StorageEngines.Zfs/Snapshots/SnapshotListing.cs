using System.Globalization;
using System.Text;
using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Groups;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>What is known of the snapshots of a dataset: itself, and the holds on them.</summary>
/// <param name="Table">Its snapshots and bookmarks.</param>
/// <param name="OriginId">The guid of the snapshot that it was cloned from, decimal; null if it is no clone.</param>
/// <param name="Holds">The tags of holds, by the snapshot's whole name.</param>
internal sealed record SnapshotListing(SnapshotTable Table, string? OriginId, IReadOnlyDictionary<string, List<string>> Holds)
{
    private static readonly Dictionary<string, List<string>> NoHolds = [];

    /// <summary>Reads the answer of the functions <c>is</c> and <c>full</c>.</summary>
    internal static SnapshotListing Parse(byte[] answer)
    {
        Dataset of = DatasetTable.ParseFirst(answer, out ReadOnlyMemory<byte> rest);
        ReadOnlyMemory<byte> origin = Cut(ref rest), table = Cut(ref rest);
        string text = Encoding.ASCII.GetString(origin.Span);
        return new SnapshotListing(SnapshotTable.Parse(of, table), text is "-" or "" ? null : text, ReadHolds(rest));
    }

    /// <summary>Reads the snapshots of many datasets, then NUL, then holds.</summary>
    internal static IReadOnlyList<SnapshotListing> ParseMany(IReadOnlyList<Dataset> datasets, ReadOnlyMemory<byte> answer)
    {
        ReadOnlyMemory<byte> rest = answer, table = Cut(ref rest);
        Dictionary<string, List<string>> holds = ReadHolds(rest);
        IReadOnlyList<SnapshotTable> tables = SnapshotTable.ParseMany(datasets, table);
        Dictionary<string, string> ids = tables.SelectMany(each => each.Snapshots).ToDictionary(each => each.FullName, each => each.Id, StringComparer.Ordinal);
        return [.. tables.Select(each => new SnapshotListing(each, each.Of.Origin is { } origin && ids.TryGetValue(origin, out string? id) ? id : null, holds))];
    }

    /// <summary>The snapshots, oldest first; of those whose data was deleted what is left.</summary>
    internal IEnumerable<SnapshotInfo> Infos()
    {
        HashSet<ulong> there = [.. Table.Snapshots.Select(each => each.Guid)];
        var all = Table.Snapshots.Select(each => (each.CreateTxg, each.Guid, Snapshot: (ZfsSnapshot?)each, Bookmark: (ZfsBookmark?)null))
            .Concat(Table.Bookmarks.Where(each => each.IsOurs && !each.IsRedaction && there.Add(each.Guid)).Select(each => (each.CreateTxg, each.Guid, Snapshot: (ZfsSnapshot?)null, Bookmark: (ZfsBookmark?)each)));
        string? parent = OriginId;
        foreach (var each in all.OrderBy(each => each.CreateTxg).ThenBy(each => each.Guid))
        {
            yield return each.Snapshot is { } snapshot ? InfoOf(snapshot, parent) : InfoOf(each.Bookmark!, parent);
            parent = each.Guid.ToString(CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The snapshot with an id; null if there is none.</summary>
    internal SnapshotInfo? Find(string id) => Infos().FirstOrDefault(each => each.Ref.Id == id);

    private static ReadOnlyMemory<byte> Cut(ref ReadOnlyMemory<byte> rest)
    {
        int end = rest.Span.IndexOf((byte)0);
        ReadOnlyMemory<byte> part = end >= 0 ? rest[..end] : throw new CorruptDataException("the list of snapshots", rest.Length, "it is cut off") { Engine = ZfsEngineFactory.SchemeName };
        rest = rest[(end + 1)..];
        return part;
    }

    private static Dictionary<string, List<string>> ReadHolds(ReadOnlyMemory<byte> answer)
    {
        if (answer.IsEmpty)
        {
            return NoHolds;
        }

        var rows = new Rows(answer, "the list of holds");
        var holds = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        while (rows.Read(3))
        {
            string name = rows.Text(0);
            if (!holds.TryGetValue(name, out List<string>? tags))
            {
                holds[name] = tags = [];
            }

            tags.Add(Owner(rows.Text(1)));
        }

        return holds;
    }

    /// <summary>The owner that a tag stands for; a tag that others gave is its own owner.</summary>
    internal static string Owner(string tag) => tag.StartsWith(ZfsShellFunctions.Namespace, StringComparison.Ordinal) ? tag[ZfsShellFunctions.Namespace.Length..] : tag;

    private SnapshotInfo InfoOf(ZfsSnapshot snapshot, string? parent)
    {
        IReadOnlyDictionary<string, string>? labels = snapshot.Labels is { } text ? SnapshotLabels.TryParse(text) : new Dictionary<string, string>();
        return new SnapshotInfo(snapshot.Ref, snapshot.CreatedAt, snapshot.VolumeBytes ?? 0, SnapshotState.Ready, Consistency.Crash)
        {
            ChangeToken = snapshot.Token,
            ParentId = parent,
            GroupId = GroupNote.TryParse(snapshot.Group)?.GroupOf(snapshot.Of.Guid),
            Labels = labels ?? new Dictionary<string, string>(),
            Holds = Holds.TryGetValue(snapshot.FullName, out List<string>? tags) ? [.. tags.Order(StringComparer.Ordinal)] : [],
            Warnings = labels is null ? [$"The property {ZfsShellFunctions.Namespace}labels holds something else than this engine writes; it was left alone."] : [],
        };
    }

    private SnapshotInfo InfoOf(ZfsBookmark bookmark, string? parent) => new(
        new SnapshotRef(Table.Of.Ref, bookmark.Id, bookmark.SnapshotName), bookmark.CreatedAt, bookmark.VolumeBytes ?? 0, SnapshotState.MetadataOnly, Consistency.Crash)
    {
        ChangeToken = ZfsSnapshot.TokenOf(Table.Of, new ZfsToken(bookmark.Guid, bookmark.CreateTxg, bookmark.VolumeBytes)),
        ParentId = parent,
    };
}
