using System.Globalization;
using System.Text.Json;

namespace StorageEngines.TarRsync.Store;

/// <summary>Takes fields out of a record's JSON; what is missing or of the wrong kind is named.</summary>
internal readonly struct JsonFields(JsonElement element, string name)
{
    /// <summary>A text that has to be there.</summary>
    internal string Text(string field) => OptionalText(field) ?? throw Bad(field);

    /// <summary>A text or null.</summary>
    internal string? OptionalText(string field) => !element.TryGetProperty(field, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Bad(field);

    /// <summary>A whole number that has to be there.</summary>
    internal long Number(string field) => element.TryGetProperty(field, out JsonElement value)
        && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : throw Bad(field);

    /// <summary>A whole number or null.</summary>
    internal long? OptionalNumber(string field) => element.TryGetProperty(field, out _) ? Number(field) : null;

    /// <summary>A path in printed form.</summary>
    internal BytePath Path(string field)
    {
        try
        {
            return BytePath.Parse(Text(field));
        }
        catch (FormatException)
        {
            throw Bad(field);
        }
    }

    /// <summary>An instant.</summary>
    internal DateTimeOffset Time(string field) => DateTimeOffset.TryParseExact(
        Text(field), "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time) ? time : throw Bad(field);

    /// <summary>One of an enumeration's names.</summary>
    internal T Choice<T>(string field)
        where T : struct, Enum => Enum.TryParse(Text(field), out T value) && Enum.IsDefined(value) ? value : throw Bad(field);

    /// <summary>A list of texts; none if it is not there.</summary>
    internal IReadOnlyList<string> Texts(string field)
    {
        var texts = new List<string>();
        if (!element.TryGetProperty(field, out JsonElement value))
            return texts;
        if (value.ValueKind != JsonValueKind.Array)
            throw Bad(field);
        foreach (JsonElement item in value.EnumerateArray())
            texts.Add(item.ValueKind == JsonValueKind.String ? item.GetString()! : throw Bad(field));
        return texts;
    }

    /// <summary>Texts by name; none if it is not there.</summary>
    internal IReadOnlyDictionary<string, string> Map(string field)
    {
        var map = new Dictionary<string, string>();
        if (!element.TryGetProperty(field, out JsonElement value))
            return map;
        if (value.ValueKind != JsonValueKind.Object)
            throw Bad(field);
        foreach (JsonProperty item in value.EnumerateObject())
            map[item.Name] = item.Value.ValueKind == JsonValueKind.String ? item.Value.GetString()! : throw Bad(field);
        return map;
    }

    /// <summary>A nested object, or null.</summary>
    internal JsonFields? Object(string field) => !element.TryGetProperty(field, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonFields(value, name) : throw Bad(field);

    private CorruptDataException Bad(string field) => StoreErrors.Corrupt(name, null, $"the field '{field}' is missing or of the wrong kind");
}
