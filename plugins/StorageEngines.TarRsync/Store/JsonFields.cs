using System.Globalization;
using System.Text.Json;

namespace StorageEngines.TarRsync.Store;

/// <summary>Takes fields out of a record's JSON; what is missing or of the wrong kind is named.</summary>
internal readonly struct JsonFields(JsonElement element, string name)
{
    /// <summary>A text that has to be there.</summary>
    internal string Text(string field) => OptionalText(field) ?? throw Bad(field);

    /// <summary>A text or null.</summary>
    internal string? OptionalText(string field) => !Find(field, out JsonElement value) ? null
        : Decode(value, field);

    /// <summary>An id of the store (32 hex digits) that has to be there.</summary>
    internal string Id(string field) => OptionalId(field) ?? throw Bad(field);

    /// <summary>An id of the store, or null.</summary>
    internal string? OptionalId(string field) => OptionalText(field) is not { } text || StoreFiles.IsId(text) ? OptionalText(field) : throw Bad(field);

    /// <summary>A number that counts up: not negative, and not the last one there is.</summary>
    internal long Counter(string field) => Number(field) is var number and >= 0 and < long.MaxValue ? number : throw Bad(field);

    /// <summary>A whole number that has to be there.</summary>
    internal long Number(string field) => Find(field, out JsonElement value)
        && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : throw Bad(field);

    /// <summary>A whole number or null.</summary>
    internal long? OptionalNumber(string field) => Find(field, out _) ? Number(field) : null;

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

    /// <summary>An absolute path in printed form.</summary>
    internal BytePath AbsolutePath(string field) => Path(field) is { IsAbsolute: true } path ? path : throw Bad(field);

    /// <summary>An instant.</summary>
    internal DateTimeOffset Time(string field) => DateTimeOffset.TryParseExact(
        Text(field), "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time) ? time : throw Bad(field);

    /// <summary>One of an enumeration's names.</summary>
    internal T Choice<T>(string field)
        where T : struct, Enum // Not by the generic methods, which have to be compiled anew for each of our types at every start.
        => Enum.TryParse(typeof(T), Text(field), out object? value) && Enum.IsDefined(typeof(T), value) ? (T)value : throw Bad(field);

    /// <summary>A list of texts; none if it is not there.</summary>
    internal IReadOnlyList<string> Texts(string field)
    {
        var texts = new List<string>();
        if (!Find(field, out JsonElement value))
            return texts;
        if (value.ValueKind != JsonValueKind.Array)
            throw Bad(field);
        foreach (JsonElement item in value.EnumerateArray())
            texts.Add(Decode(item, field));
        return texts;
    }

    /// <summary>Texts by name; none if it is not there.</summary>
    internal IReadOnlyDictionary<string, string> Map(string field)
    {
        var map = new Dictionary<string, string>();
        if (!Find(field, out JsonElement value))
            return map;
        if (value.ValueKind != JsonValueKind.Object)
            throw Bad(field);
        try
        {
            foreach (JsonProperty item in value.EnumerateObject())
                map[item.Name] = Decode(item.Value, field);
        }
        catch (InvalidOperationException)
        {
            throw Bad(field); // A name that is no text.
        }
        return map;
    }

    /// <summary>A nested object, or null.</summary>
    internal JsonFields? Object(string field) => !Find(field, out JsonElement value) ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonFields(value, name) : throw Bad(field);

    private bool Find(string field, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(field, out value);
    }

    // The JSON parser lets bytes that are no UTF-8, and halves of surrogates, pass until the text is asked for.
    private string Decode(JsonElement value, string field)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString()! : throw Bad(field);
        }
        catch (InvalidOperationException)
        {
            throw Bad(field);
        }
    }

    private CorruptDataException Bad(string field) => StoreErrors.Corrupt(name, null, $"the field '{field}' is missing or of the wrong kind");
}
