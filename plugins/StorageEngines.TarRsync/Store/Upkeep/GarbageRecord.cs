using System.Globalization;
using StorageEngines.Json;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>What collections have found to be garbage and since when, by file name. Lost, each grace period begins anew: nothing goes too early.</summary>
internal static class GarbageRecord
{
    private const string Magic = "SENGGARB";

    /// <summary>The object's bytes.</summary>
    internal static byte[] Format(IReadOnlyDictionary<string, DateTimeOffset> since) => RecordFile.Format(Magic, json =>
    {
        json.WriteStartObject("since");
        foreach ((string name, DateTimeOffset time) in since)
            json.WriteString(name, time.ToString("O", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    });

    /// <summary>Reads the object; empty if there is none or it is damaged.</summary>
    internal static Dictionary<string, DateTimeOffset> Read(string path)
    {
        try
        {
            return RecordFile.ReadAll(path) is { } bytes ? Parse(bytes, path) : [];
        }
        catch (CorruptDataException)
        {
            return [];
        }
    }

    private static Dictionary<string, DateTimeOffset> Parse(byte[] bytes, string name)
    {
        JsonValue document = RecordFile.Parse(bytes, Magic, name);
        var since = new Dictionary<string, DateTimeOffset>(StringComparer.Ordinal);
        foreach ((string file, string text) in new JsonFields(document, name).Map("since"))
        {
            since[file] = DateTimeOffset.TryParseExact(text, "O", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTimeOffset time)
                ? time
                : throw StoreErrors.Corrupt(name, null, $"'{text}' is no instant");
        }
        return since;
    }
}
