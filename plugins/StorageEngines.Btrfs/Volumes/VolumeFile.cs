using System.Text.Json;
using StorageEngines.Json;

namespace StorageEngines.Btrfs.Volumes;

/// <summary>The file <c>.volume.json</c> in a volume's snapshot directory: which subvolumes have been the volume. There is none before the first roll back.</summary>
internal static class VolumeFile
{
    /// <summary>The most bytes that one may have.</summary>
    internal const int MaximumBytes = 1 << 20;

    private static readonly byte[] Name = ".volume.json"u8.ToArray();

    /// <summary>The file's name.</summary>
    internal static ReadOnlySpan<byte> FileName => Name;

    /// <summary>Takes its bytes apart.</summary>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    internal static Guid[] Parse(byte[] bytes)
    {
        try
        {
            return JsonText.Read(bytes, 0).Find("subvolumes") is { Kind: JsonKind.Array } lives
                ? [.. lives.Values.Select(life => Guid.ParseExact(life.Text() ?? "", "D"))]
                : throw new FormatException("The list of subvolumes is missing.");
        }
        catch (FormatException)
        {
            throw new CorruptDataException(".volume.json of a volume's snapshots", null, "it is damaged; restore it, or remove it, which separates the snapshots from before a roll back from the volume") { Engine = BtrfsEngineFactory.SchemeName };
        }
    }

    /// <summary>Its bytes.</summary>
    internal static byte[] Format(Guid[] lives)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, 1);
            json.WriteStartArray("subvolumes"u8);
            foreach (Guid life in lives)
            {
                json.WriteStringValue(life);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }
}
