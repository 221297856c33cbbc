using System.Text;
using System.Text.Json;
using StorageEngines.Json;

namespace StorageEngines.Zfs.Snapshots;

/// <summary>A snapshot's labels as the value of a property: a JSON object of texts, in ASCII.</summary>
internal static class SnapshotLabels
{
    /// <summary>The most bytes that a property's value may have.</summary>
    internal const int MostBytes = 8191;

    /// <summary>Writes labels.</summary>
    /// <exception cref="ArgumentException">They are too long for a property.</exception>
    internal static string Format(IReadOnlyDictionary<string, string> labels)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach ((string key, string value) in labels.OrderBy(each => each.Key, StringComparer.Ordinal))
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
        }

        return buffer.Length <= MostBytes ? Encoding.ASCII.GetString(buffer.GetBuffer(), 0, (int)buffer.Length)
            : throw new ArgumentException($"The labels take {buffer.Length} bytes; a property of ZFS holds at most {MostBytes}.", nameof(labels));
    }

    /// <summary>Reads labels; null if it is no such object, which anybody may have set it to.</summary>
    internal static IReadOnlyDictionary<string, string>? TryParse(string text)
    {
        try
        {
            JsonValue root = JsonText.Read(Encoding.UTF8.GetBytes(text), 0);
            if (root.Kind != JsonKind.Object || !root.HasOneOfEach)
            {
                return null;
            }

            var labels = new Dictionary<string, string>(StringComparer.Ordinal);
            for (int i = 0; i < root.Names.Count; i++)
            {
                if (root.Values[i].Text() is not { } value)
                {
                    return null;
                }

                labels.Add(root.Names[i].Text()!, value);
            }

            return labels;
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
