using System.Globalization;
using System.Text;

namespace StorageEngines.LvmThin.Snapshots;

/// <summary>
/// What is kept with a snapshot or a volume, as LVM tags. A tag has up to 1024 of the characters <c>A-Z a-z 0-9 _ + . - / = ! : &amp; #</c>; other text is written in UTF-8, each byte that is
/// no letter, digit, <c>_</c>, <c>.</c>, <c>-</c> or <c>:</c> as <c>+hh</c>.
/// </summary>
internal static class SnapshotTags
{
    /// <summary>Marks a snapshot; the id of its volume follows.</summary>
    internal const string Snapshot = "seng.snapshot:";

    /// <summary>The snapshot's name follows.</summary>
    internal const string Name = "seng.name:";

    /// <summary>The owner of a hold follows.</summary>
    internal const string Hold = "seng.hold:";

    /// <summary>The id that a volume had before it was rolled back, and has, follows.</summary>
    internal const string Id = "seng.id:";

    /// <summary>Marks a volume that was cloned from a snapshot.</summary>
    internal const string Clone = "seng.clone";

    /// <summary>Marks a snapshot that was taken with a file system at rest.</summary>
    internal const string AtRest = "seng.consistency:filesystem";

    private const string Label = "seng.label:";
    private const int LongestPiece = 900;
    private const int MostLabelText = 64 << 10;

    /// <summary>The tags of a new snapshot.</summary>
    /// <exception cref="ArgumentException">The labels are longer than 64 KiB when written as tags.</exception>
    internal static List<string> Of(string volumeId, string name, IReadOnlyDictionary<string, string> labels)
    {
        List<string> tags = [Snapshot + volumeId, Name + name];
        int number = 0, length = 0;
        foreach ((string key, string value) in labels)
        {
            string text = $"{Encode(key)}={Encode(value)}";
            length += text.Length;
            for (int part = 0, at = 0; at < text.Length; part++, at += LongestPiece)
            {
                tags.Add(string.Create(CultureInfo.InvariantCulture, $"{Label}{number}:{part}:{text.AsSpan(at, Math.Min(LongestPiece, text.Length - at))}"));
            }

            number++;
        }

        return length <= MostLabelText ? tags : throw new ArgumentException($"The labels are {length} characters long as LVM tags; the most is {MostLabelText}.", nameof(labels));
    }

    /// <summary>What follows on a mark in the first tag that begins with it; null if there is none.</summary>
    internal static string? Find(IReadOnlyList<string> tags, string mark)
        => tags.FirstOrDefault(tag => tag.StartsWith(mark, StringComparison.Ordinal)) is { } found && found.Length > mark.Length ? found[mark.Length..] : null;

    /// <summary>The owners of holds, in order.</summary>
    internal static List<string> Holds(IReadOnlyList<string> tags)
        => [.. tags.Where(tag => tag.StartsWith(Hold, StringComparison.Ordinal)).Select(tag => tag[Hold.Length..]).Order(StringComparer.Ordinal)];

    /// <summary>The labels. What was not written by us, or is not whole, is left out.</summary>
    internal static Dictionary<string, string> Labels(IReadOnlyList<string> tags)
    {
        var pieces = new SortedDictionary<int, SortedDictionary<int, string>>();
        foreach (string tag in tags.Where(tag => tag.StartsWith(Label, StringComparison.Ordinal)))
        {
            string[] parts = tag[Label.Length..].Split(':', 3);
            if (parts.Length == 3 && TryNumber(parts[0], out int number) && TryNumber(parts[1], out int part))
            {
                pieces.TryAdd(number, []);
                pieces[number][part] = parts[2];
            }
        }

        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (SortedDictionary<int, string> each in pieces.Values)
        {
            string[] pair = string.Concat(each.Values).Split('=', 2);
            if (pair.Length == 2 && TryDecode(pair[0], out string? key) && TryDecode(pair[1], out string? value))
            {
                labels[key] = value;
            }
        }

        return labels;
    }

    /// <summary>Writes any text with the characters that a tag may have.</summary>
    internal static string Encode(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (byte each in Encoding.UTF8.GetBytes(text))
        {
            char c = (char)each;
            if (char.IsAsciiLetterOrDigit(c) || c is '_' or '.' or '-' or ':')
            {
                encoded.Append(c);
            }
            else
            {
                encoded.Append('+').Append(each.ToString("x2", CultureInfo.InvariantCulture));
            }
        }

        return encoded.ToString();
    }

    /// <summary>Reads what <see cref="Encode"/> wrote.</summary>
    internal static bool TryDecode(string encoded, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? text)
    {
        var bytes = new List<byte>(encoded.Length);
        text = null;
        for (int i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '+')
            {
                bytes.Add((byte)encoded[i]);
                continue;
            }

            if (i + 2 >= encoded.Length || !byte.TryParse(encoded.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                return false;
            }

            bytes.Add(value);
            i += 2;
        }

        text = Encoding.UTF8.GetString([.. bytes]);
        return true;
    }

    private static bool TryNumber(string text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
