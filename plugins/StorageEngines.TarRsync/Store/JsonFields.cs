using System.Globalization;
using StorageEngines.Json;

namespace StorageEngines.TarRsync.Store;

/// <summary>Takes fields out of a record's JSON; what is missing or of the wrong kind is named.</summary>
internal readonly struct JsonFields(JsonValue element, string name)
{
    /// <summary>A text that has to be there.</summary>
    internal string Text(string field) => OptionalText(field) ?? throw Bad(field);

    /// <summary>A text or null.</summary>
    internal string? OptionalText(string field) => element.Find(field) is { } value ? Decode(value, field) : null;

    /// <summary>An id of the store (32 hex digits) that has to be there.</summary>
    internal string Id(string field) => OptionalId(field) ?? throw Bad(field);

    /// <summary>An id of the store, or null.</summary>
    internal string? OptionalId(string field) => OptionalText(field) is not { } text ? null : StoreFiles.IsId(text) ? text : throw Bad(field);

    /// <summary>A number that counts up: not negative, and not the last one there is.</summary>
    internal long Counter(string field) => Number(field) is var number and >= 0 and < long.MaxValue ? number : throw Bad(field);

    /// <summary>A whole number that has to be there.</summary>
    internal long Number(string field) => element.Find(field)?.Number() ?? throw Bad(field);

    /// <summary>A whole number or null.</summary>
    internal long? OptionalNumber(string field) => element.Find(field) is null ? null : Number(field);

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
    internal T Choice<T>(string field, Func<string, T?> read)
        where T : struct, Enum => read(Text(field)) ?? throw Bad(field);

    /// <summary>A list of texts; none if it is not there.</summary>
    internal IReadOnlyList<string> Texts(string field)
    {
        var texts = new List<string>();
        if (element.Find(field) is not { } value)
            return texts;
        if (value.Kind != JsonKind.Array)
            throw Bad(field);
        foreach (JsonValue item in value.Values)
            texts.Add(Decode(item, field));
        return texts;
    }

    /// <summary>Texts by name; none if it is not there.</summary>
    internal IReadOnlyDictionary<string, string> Map(string field)
    {
        var map = new Dictionary<string, string>();
        if (element.Find(field) is not { } value)
            return map;
        if (value.Kind != JsonKind.Object)
            throw Bad(field);
        for (int i = 0; i < value.Names.Count; i++)
            map[Decode(value.Names[i], field)] = Decode(value.Values[i], field);
        return map;
    }

    /// <summary>A nested object, or null.</summary>
    internal JsonFields? Object(string field) => element.Find(field) is not { } value ? null
        : value.Kind == JsonKind.Object ? new JsonFields(value, name) : throw Bad(field);

    // Bytes that are no UTF-8, and halves of surrogates, pass the reader until the text is asked for.
    private string Decode(JsonValue value, string field) => value.Text() ?? throw Bad(field);

    private CorruptDataException Bad(string field) => StoreErrors.Corrupt(name, null, $"the field '{field}' is missing or of the wrong kind");
}
