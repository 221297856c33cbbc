using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// Reads what <c>btrfs subvolume list</c> writes. A path may hold line breaks; a line that does not begin as an entry does belongs to the path before it. A path can be made to look like an entry:
/// so nothing is deleted, sent or cloned before the subvolume at the path was asked for its uuid.
/// </summary>
internal static partial class SubvolumeList
{
    /// <summary>One subvolume.</summary>
    /// <param name="Details">What is known of it; see <see cref="SubvolumeShow.Parse"/>.</param>
    /// <param name="Path">Its path from the top level, without <c>/</c> at its beginning.</param>
    internal sealed record Entry(SubvolumeDetails Details, BytePath Path);

    /// <summary>Puts the three lists together.</summary>
    /// <param name="all">With the options <c>-p -c -u -q -R</c>.</param>
    /// <param name="readOnly">With <c>-r</c>: those that are read-only.</param>
    /// <param name="snapshots">With <c>-s</c>: those that are snapshots, with their times.</param>
    internal static IReadOnlyList<Entry> Parse(ReadOnlySpan<byte> all, ReadOnlySpan<byte> readOnly, ReadOnlySpan<byte> snapshots)
    {
        HashSet<ulong> closed = [.. Lines(readOnly).Select(line => Id(line))];
        var times = new Dictionary<ulong, UnixTime>();
        foreach (string line in Lines(snapshots))
        {
            if (Times().Match(line) is { Success: true } time)
            {
                times.TryAdd(Id(line), SubvolumeShow.Time(time.Groups[1].Value));
            }
        }

        return [.. Lines(all).Select(line => Read(line, closed, times)).OfType<Entry>()];
    }

    private static Entry? Read(string line, HashSet<ulong> closed, Dictionary<ulong, UnixTime> times)
    {
        Match match = Full().Match(line);
        if (!match.Success || !SubvolumeShow.TryUuid(match.Groups["parentUuid"].Value, out Guid parentUuid)
            || !SubvolumeShow.TryUuid(match.Groups["received"].Value, out Guid received) || !SubvolumeShow.TryUuid(match.Groups["uuid"].Value, out Guid uuid))
        {
            return null;
        }

        ulong id = Number(match, "id"), generation = Number(match, "gen"), origin = Number(match, "cgen");
        byte[] path = Encoding.Latin1.GetBytes(match.Groups["path"].Value);
        byte[] name = path[(path.AsSpan().LastIndexOf((byte)'/') + 1)..];
        var details = new SubvolumeDetails(
            id, Number(match, "parent"), 0, name, uuid, parentUuid, received, closed.Contains(id), generation <= origin ? origin : generation, origin, times.GetValueOrDefault(id));
        return new Entry(details, new BytePath(path));
    }

    private static List<string> Lines(ReadOnlySpan<byte> output)
    {
        var lines = new List<string>();
        foreach (string line in Encoding.Latin1.GetString(output).Split('\n'))
        {
            if (Begin().IsMatch(line))
            {
                lines.Add(line);
            }
            else if (lines.Count > 0)
            {
                lines[^1] += "\n" + line;
            }
        }

        // The line break that ends the list is no part of the last path.
        if (lines.Count > 0 && lines[^1].EndsWith('\n'))
        {
            lines[^1] = lines[^1][..^1];
        }

        return lines;
    }

    private static ulong Id(string line) => ulong.Parse(line.AsSpan(3, line.IndexOf(' ', 3) - 3), NumberStyles.None, CultureInfo.InvariantCulture);

    private static ulong Number(Match match, string name)
        => ulong.TryParse(match.Groups[name].Value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : 0;

    [GeneratedRegex(@"^ID \d{1,18} gen \d")]
    private static partial Regex Begin();

    [GeneratedRegex(@"^ID (?<id>\d+) gen (?<gen>\d+) cgen (?<cgen>\d+) parent (?<parent>\d+) top level \d+ parent_uuid (?<parentUuid>\S+) +received_uuid (?<received>\S+) +uuid (?<uuid>\S+) +path (?<path>.*)$", RegexOptions.Singleline)]
    private static partial Regex Full();

    [GeneratedRegex(@"^ID \d+ gen \d+ cgen \d+ top level \d+ otime (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) path ")]
    private static partial Regex Times();
}
