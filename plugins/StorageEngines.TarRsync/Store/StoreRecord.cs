using System.Globalization;
using System.Text.Json;

namespace StorageEngines.TarRsync.Store;

/// <summary>The store's own object: its id and the parameters of everything in it.</summary>
internal static class StoreRecord
{
    private const string Magic = "SENGSTOR";

    /// <summary>The object's bytes.</summary>
    internal static byte[] Format(Guid id, DateTimeOffset created) => RecordFile.Format(Magic, json =>
    {
        json.WriteString("id", id);
        json.WriteString("created", created.ToString("O", CultureInfo.InvariantCulture));
        json.WriteString("hash", "sha256");
        json.WriteString("chunker", "fixed");
        json.WriteNumber("blockSize", StoreFormat.BlockSize);
        json.WriteString("codec", "brotli");
    });

    /// <summary>Reads an object; returns the store's id.</summary>
    /// <exception cref="CorruptDataException">It is damaged, or names parameters that format 1 does not have.</exception>
    internal static Guid Parse(byte[] bytes, string name)
    {
        using JsonDocument document = RecordFile.Parse(bytes, Magic, name);
        var json = new JsonFields(document.RootElement, name);
        if (json.Text("hash") != "sha256" || json.Number("blockSize") != StoreFormat.BlockSize)
            throw StoreErrors.Corrupt(name, null, $"the store's hash or block size is not that of format {StoreFormat.Major}");
        return Guid.TryParse(json.Text("id"), out Guid id) ? id : throw StoreErrors.Corrupt(name, null, "the id is no UUID");
    }
}
