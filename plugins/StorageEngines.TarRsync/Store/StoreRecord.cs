using System.Globalization;
using StorageEngines.Json;

namespace StorageEngines.TarRsync.Store;

/// <summary>The store's own object: its id and the parameters of what is written to it.</summary>
internal sealed record StoreRecord
{
    /// <summary>The first word of the object.</summary>
    internal const string Magic = "SENGSTOR";

    /// <summary>The id.</summary>
    internal required Guid Id { get; init; }

    /// <summary>When it was made, UTC.</summary>
    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>
    /// Whether regular files are cut by content. A store that format 1 began goes on with fixed blocks, so that what is in it already is found again.
    /// </summary>
    internal bool CutsByContent { get; init; } = true;

    /// <summary>The parameters of chunks by content.</summary>
    internal ChunkParameters Chunks { get; init; } = ChunkParameters.Default;

    /// <summary>The format version that the object was written in.</summary>
    internal int Major { get; init; } = StoreFormat.Major;

    /// <summary>The object's bytes, in the present format.</summary>
    internal byte[] Format() => RecordFile.Format(Magic, json =>
    {
        json.WriteString("id", Id.ToString());
        json.WriteString("created", CreatedAt.ToString("O", CultureInfo.InvariantCulture));
        json.WriteString("hash", "sha256");
        json.WriteString("fastHash", "xxh3-128");
        json.WriteString("chunker", CutsByContent ? "fastcdc" : "fixed");
        json.WriteNumber("blockSize", StoreFormat.BlockSize);
        json.WriteNumber("chunkMin", Chunks.Min);
        json.WriteNumber("chunkAverage", Chunks.Average);
        json.WriteNumber("chunkMax", Chunks.Max);
        json.WriteString("gearSeed", Chunks.GearSeed.ToString("x16", CultureInfo.InvariantCulture));
    });

    /// <summary>Reads an object.</summary>
    /// <exception cref="CorruptDataException">It is damaged, or names parameters that its format does not have.</exception>
    internal static StoreRecord Parse(byte[] bytes, string name)
    {
        JsonValue document = RecordFile.Parse(bytes, Magic, name, out int major);
        var json = new JsonFields(document, name);
        if (json.Text("hash") != "sha256" || json.Number("blockSize") != StoreFormat.BlockSize)
            throw StoreErrors.Corrupt(name, null, $"the store's hash or block size is not that of format {major}");
        return new StoreRecord
        {
            Id = Guid.TryParse(json.Text("id"), out Guid id) ? id : throw StoreErrors.Corrupt(name, null, "the id is no UUID"),
            CreatedAt = json.Time("created"),
            CutsByContent = json.Text("chunker") switch
            {
                "fixed" => false,
                "fastcdc" when major > 1 => true,
                _ => throw StoreErrors.Corrupt(name, null, $"the store's chunker is not one of format {major}"),
            },
            Chunks = major > 1 ? ReadChunks(json, name) : ChunkParameters.Default,
            Major = major,
        };
    }

    private static ChunkParameters ReadChunks(JsonFields json, string name)
    {
        if (!ulong.TryParse(json.Text("gearSeed"), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong seed))
            throw StoreErrors.Corrupt(name, null, "the seed of the chunker is no hexadecimal number");
        var chunks = new ChunkParameters(Length("chunkMin"), Length("chunkAverage"), Length("chunkMax"), seed);
        return chunks.IsSane ? chunks : throw StoreErrors.Corrupt(name, null, "the lengths of chunks are impossible");

        int Length(string field) => json.Number(field) is var value and >= 0 and <= StoreFormat.MaxBlock ? (int)value : 0;
    }
}
