using System.Globalization;
using System.Text;
using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Hosts.Remote;

/// <summary>
/// Reads what <c>btrfs subvolume show</c> writes: a path, then lines of a label and a value, then the paths of snapshots. Paths may hold line breaks, and so lines that look like others;
/// an answer that has the line of the uuid twice is refused.
/// </summary>
internal static class SubvolumeShow
{
    private const string Anchor = "\n\tUUID:";

    /// <summary>What it tells. The transaction of the last change is not among it: it is the one of the origin where the subvolume was not touched since, and above it where that is in doubt.</summary>
    /// <exception cref="CorruptDataException">It is no such answer, or an ambiguous one.</exception>
    internal static SubvolumeDetails Parse(ReadOnlySpan<byte> answer)
    {
        string text = Encoding.Latin1.GetString(answer);
        int at = text.IndexOf(Anchor, StringComparison.Ordinal);
        if (at < 0 || text.IndexOf(Anchor, at + 1, StringComparison.Ordinal) >= 0)
        {
            throw Damaged(at < 0 ? "it has no uuid" : "a name in it looks like a line with a uuid; rename that subvolume or snapshot");
        }

        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string line in text[(at + 1)..Math.Max(at + 1, text.LastIndexOf('\n'))].Split('\n')) // a last line without an end may be cut off; it is none of those
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (line.StartsWith("\tSnapshot(s)", StringComparison.Ordinal) || colon < 0 || line[0] != '\t')
            {
                break;
            }

            values.TryAdd(line[1..colon], line[(colon + 1)..].Trim());
        }

        ulong origin = Number(values, "Gen at creation"), generation = Number(values, "Generation");
        bool isReadOnly = Value(values, "Flags").Contains("readonly", StringComparison.Ordinal);
        return new SubvolumeDetails(
            Number(values, "Subvolume ID"), Number(values, "Parent ID"), 0, Name(text, at), Uuid(values, "UUID"), Uuid(values, "Parent UUID"), Uuid(values, "Received UUID"),
            isReadOnly, generation <= origin ? origin : generation, origin, Time(Value(values, "Creation time")))
        {
            SentTransaction = values.ContainsKey("Send transid") ? Number(values, "Send transid") : 0, // since btrfs-progs 5.7
        };
    }

    /// <summary>Reads a time as the programs write it: <c>2026-11-21 13:52:45</c>, perhaps with <c>+0000</c> behind it.</summary>
    internal static UnixTime Time(string text)
    {
        return DateTimeOffset.TryParseExact(
            text.Length >= 19 ? text[..19] : text, "yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
            ? new UnixTime(time.ToUnixTimeSeconds(), 0) : default;
    }

    /// <summary>Reads a uuid; <c>-</c> is none.</summary>
    internal static bool TryUuid(string text, out Guid uuid)
    {
        uuid = Guid.Empty;
        return text == "-" || Guid.TryParseExact(text, "D", out uuid);
    }

    private static byte[] Name(string text, int end)
    {
        const string Label = "\tName:";
        int at = text.LastIndexOf(Label, end, StringComparison.Ordinal);
        return at < 0 ? [] : Encoding.Latin1.GetBytes(text[(at + Label.Length)..end].TrimStart('\t', ' '));
    }

    private static string Value(Dictionary<string, string> values, string label)
        => values.TryGetValue(label, out string? value) ? value : throw Damaged($"it has no line '{label}'");

    private static ulong Number(Dictionary<string, string> values, string label)
        => ulong.TryParse(Value(values, label), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) ? number : throw Damaged($"'{Value(values, label)}' is no number");

    private static Guid Uuid(Dictionary<string, string> values, string label)
        => TryUuid(Value(values, label), out Guid uuid) ? uuid : throw Damaged($"'{Value(values, label)}' is no uuid");

    private static CorruptDataException Damaged(string why) => new("the output of 'btrfs subvolume show'", null, why) { Engine = BtrfsEngineFactory.SchemeName };
}
