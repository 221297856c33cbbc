using System.Text;
using System.Text.Json;

namespace StorageEngines.CephRbd.Images;

/// <summary>
/// What is kept with an image's snapshots, in its metadata: <c>seng.IMAGE.labels.SNAPSHOT</c>, <c>seng.IMAGE.hold.SNAPSHOT.OWNER</c>, <c>seng.IMAGE.protected.SNAPSHOT</c>, <c>seng.IMAGE.witness.SNAPSHOT</c>,
/// <c>seng.IMAGE.source.SNAPSHOT</c> (which snapshot elsewhere a stream brought it from), and <c>seng.IMAGE.new.NAME</c> while one with labels is made. The image's id is in them because a clone inherits its parent's metadata.
/// </summary>
/// <param name="key">The image.</param>
/// <param name="values">All of its metadata.</param>
internal sealed class ImageNotes(ImageKey key, IReadOnlyDictionary<string, string> values)
{
    private const int MostLabelBytes = 64 << 10;

    private readonly string _prefix = PrefixOf(key);

    /// <summary>The owners of holds, in order.</summary>
    internal List<string> Holds(RbdSnapshot snapshot)
    {
        string prefix = $"{_prefix}hold.{snapshot.IdText}.";
        return [.. values.Keys.Where(each => each.StartsWith(prefix, StringComparison.Ordinal)).Select(each => each[prefix.Length..]).Order(StringComparer.Ordinal)];
    }

    /// <summary>The labels. What was not written by us is left out.</summary>
    internal IReadOnlyDictionary<string, string> Labels(RbdSnapshot snapshot)
    {
        string? text = values.GetValueOrDefault(LabelsKey(key, snapshot.IdText)) ?? values.GetValueOrDefault(NewKey(key, snapshot.Name));
        return text is null ? new Dictionary<string, string>() : Decode(text);
    }

    /// <summary>Whether labels were noted for a name, and not yet given to the snapshot that has it.</summary>
    internal string? Pending(string name) => values.GetValueOrDefault(NewKey(key, name));

    /// <summary>What proves that there was no roll back past it; null if nothing does.</summary>
    internal string? Witnesses(RbdSnapshot snapshot) => values.GetValueOrDefault(WitnessKey(key, snapshot.IdText));

    /// <summary>Whether it was this engine that protected it.</summary>
    internal bool WeProtected(RbdSnapshot snapshot) => values.ContainsKey(ProtectedKey(key, snapshot.IdText));

    /// <summary>The identity of the snapshot that a stream brought it from; null if none did, or if that is not known.</summary>
    internal Guid? Source(RbdSnapshot snapshot) => Guid.TryParseExact(values.GetValueOrDefault(SourceKey(key, snapshot.IdText)), "D", out Guid identity) ? identity : null;

    /// <summary>All that is noted about a snapshot.</summary>
    /// <param name="id">Its number as text; it need not be there any more.</param>
    internal List<string> KeysOf(string id)
        => [.. values.Keys.Where(each => each == LabelsKey(key, id) || each == ProtectedKey(key, id) || each == SourceKey(key, id) || each == WitnessKey(key, id)
            || each.StartsWith($"{_prefix}hold.{id}.", StringComparison.Ordinal))];

    /// <summary>Where labels are noted.</summary>
    internal static string LabelsKey(ImageKey key, string id) => $"{PrefixOf(key)}labels.{id}";

    /// <summary>Where labels are noted of a snapshot that is being made.</summary>
    internal static string NewKey(ImageKey key, string name) => $"{PrefixOf(key)}new.{name}";

    /// <summary>Where a hold is noted.</summary>
    internal static string HoldKey(ImageKey key, string id, string owner) => $"{PrefixOf(key)}hold.{id}.{owner}";

    /// <summary>Where it is noted that we protected a snapshot.</summary>
    internal static string ProtectedKey(ImageKey key, string id) => $"{PrefixOf(key)}protected.{id}";

    /// <summary>Where it is noted what proves that there was no roll back past a snapshot.</summary>
    internal static string WitnessKey(ImageKey key, string id) => $"{PrefixOf(key)}witness.{id}";

    /// <summary>Where it is noted which snapshot a stream brought this one from.</summary>
    internal static string SourceKey(ImageKey key, string id) => $"{PrefixOf(key)}source.{id}";

    /// <summary>Labels as one line of ASCII.</summary>
    /// <exception cref="ArgumentException">They are longer than 64 KiB.</exception>
    internal static string Encode(IReadOnlyDictionary<string, string> labels)
    {
        using var bytes = new MemoryStream();
        using (var writer = new Utf8JsonWriter(bytes))
        {
            writer.WriteStartObject();
            foreach ((string name, string value) in labels)
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        return bytes.Length <= MostLabelBytes ? Encoding.ASCII.GetString(bytes.ToArray())
            : throw new ArgumentException($"The labels are {bytes.Length} bytes long as JSON; the most is {MostLabelBytes}.", nameof(labels));
    }

    private static string PrefixOf(ImageKey key) => $"seng.{key.Image}.";

    private static Dictionary<string, string> Decode(string text)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using JsonDocument document = JsonDocument.Parse(text);
            foreach (JsonProperty each in document.RootElement.EnumerateObject())
            {
                labels[each.Name] = each.Value.GetString() ?? "";
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            labels.Clear(); // Somebody else's text.
        }

        return labels;
    }
}
