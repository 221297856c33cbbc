using System.Text.Json;
using StorageEngines.Json;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>The file <c>info.json</c> beside a snapshot: what the file system has no place for.</summary>
internal sealed record SnapshotFile(string Name)
{
    /// <summary>The most bytes that one may have.</summary>
    internal const int MaximumBytes = 4 << 20;

    private static readonly byte[] File = "info.json"u8.ToArray();

    /// <summary>The file's name.</summary>
    internal static ReadOnlySpan<byte> FileName => File;

    /// <summary>Labels given at creation.</summary>
    internal IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>The owners of holds.</summary>
    internal IReadOnlyList<string> Holds { get; init; } = [];

    /// <summary>What a person should know.</summary>
    internal IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The group it was taken in.</summary>
    internal string? GroupId { get; init; }

    /// <summary>Takes its bytes apart.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="what">What it is called in messages.</param>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    internal static SnapshotFile Parse(byte[] bytes, BytePath what)
    {
        try
        {
            JsonValue root = JsonText.Read(bytes, 0);
            return new SnapshotFile(SnapshotName.Require(Text(Member(root, "name", JsonKind.Text))))
            {
                Labels = LabelsOf(Member(root, "labels", JsonKind.Object)),
                Holds = Texts(Member(root, "holds", JsonKind.Array)),
                Warnings = Texts(Member(root, "warnings", JsonKind.Array)),
                GroupId = root.Find("group") is { } group ? Text(group) : null,
            };
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            throw new CorruptDataException($"info.json of the snapshot '{what}'", null, "it is damaged; the snapshot itself is not. Restore the file, or remove it, which takes away labels and holds", e)
            { Engine = BtrfsEngineFactory.SchemeName };
        }
    }

    /// <summary>Its bytes.</summary>
    internal byte[] Format()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, 1);
            json.WriteString("name"u8, Name);
            json.WriteStartObject("labels"u8);
            foreach ((string key, string value) in Labels)
            {
                json.WriteString(key, value);
            }

            json.WriteEndObject();
            WriteTexts(json, "holds", Holds);
            WriteTexts(json, "warnings", Warnings);
            if (GroupId is not null)
            {
                json.WriteString("group"u8, GroupId);
            }

            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static JsonValue Member(JsonValue root, string name, JsonKind kind)
        => root.Find(name) is { } found && found.Kind == kind ? found : throw new FormatException($"The member '{name}' is missing or of another kind.");

    private static Dictionary<string, string> LabelsOf(JsonValue labels)
    {
        var found = new Dictionary<string, string>(labels.Names.Count);
        for (int i = 0; i < labels.Names.Count; i++)
        {
            found.Add(Text(labels.Names[i]), Text(labels.Values[i]));
        }

        return found;
    }

    private static string[] Texts(JsonValue list)
    {
        var texts = new string[list.Values.Count];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = Text(list.Values[i]);
        }

        return texts;
    }

    private static string Text(JsonValue value) => value.Text() ?? throw new FormatException("A text is missing, or its bytes are no UTF-8.");
}
