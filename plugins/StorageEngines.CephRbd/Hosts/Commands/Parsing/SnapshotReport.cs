using System.Globalization;
using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Hosts.Commands.Parsing;

/// <summary>Reads what <c>rbd snap ls --all --format json</c> printed in the time zone UTC. Members that are not known are passed over.</summary>
internal static class SnapshotReport
{
    private const string What = "the output of rbd snap ls";

    /// <summary>The snapshots, oldest first.</summary>
    /// <param name="text">What was printed.</param>
    /// <param name="poolNumber">The number of a pool by its name; null if there is none, which is a group that is gone.</param>
    /// <exception cref="CorruptDataException">It is no such list.</exception>
    internal static List<RbdSnapshot> Parse(ReadOnlyMemory<byte> text, Func<string, long?> poolNumber)
        => [.. RbdJson.Parse(text, What).Entries.Select(each => SnapshotOf(each, poolNumber)).OrderBy(each => each.Id)];

    private static RbdSnapshot SnapshotOf(RbdValue entry, Func<string, long?> poolNumber)
    {
        RbdValue space = entry.Get("namespace");
        SnapshotSpace kind = space.Text("type") switch
        {
            "user" => SnapshotSpace.User,
            "group" => SnapshotSpace.Group,
            "trash" => SnapshotSpace.Trash,
            _ => SnapshotSpace.Mirror, // Or what a later release keeps for itself.
        };
        GroupSnapshotName? group = kind == SnapshotSpace.Group && poolNumber(space.Text("pool", "")) is { } pool
            ? new GroupSnapshotName(pool, space.Text("group"), space.Text("group snap")) : null;
        return new RbdSnapshot(entry.Unsigned("id"), entry.Text("name"), entry.Number("size"), kind, TimeOf(entry.Get("timestamp")), entry.Flag("protected"), group);
    }

    // Fri Nov  6 23:48:14 2026, as ctime(3) has it; nothing for a snapshot of an old release.
    private static DateTimeOffset TimeOf(RbdValue value)
    {
        const DateTimeStyles Styles = DateTimeStyles.AssumeUniversal | DateTimeStyles.AllowWhiteSpaces;
        string text = value.Text();
        return text.Length == 0 ? DateTimeOffset.UnixEpoch
            : DateTimeOffset.TryParseExact(text, "ddd MMM d HH:mm:ss yyyy", CultureInfo.InvariantCulture, Styles, out DateTimeOffset time) ? time
            : throw value.Damaged($"'{text}' is no time");
    }
}
