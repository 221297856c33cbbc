using System.Globalization;
using System.Text.Json;

namespace StorageEngines.LvmThin.Volumes;

/// <summary>Reads what <c>lvs --reportformat json</c> printed; <c>json_std</c> too, where numbers have no quotes. Columns that are not known are passed over.</summary>
internal static class LvsReport
{
    private const string What = "the report of lvs";
    private const int MostDepth = 8;

    /// <summary>The volumes and pools.</summary>
    /// <exception cref="CorruptDataException">It is no such report, or a row lacks what is needed; the byte is named.</exception>
    internal static List<LogicalVolume> Parse(ReadOnlySpan<byte> report)
    {
        var volumes = new List<LogicalVolume>();
        var reader = new Utf8JsonReader(report, new JsonReaderOptions { MaxDepth = MostDepth });
        try
        {
            bool found = false;
            Expect(ref reader, JsonTokenType.StartObject);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool wanted = reader.ValueTextEquals("report"u8);
                found |= wanted;
                reader.Read();
                if (wanted)
                {
                    ReadReports(ref reader, volumes);
                }
                else
                {
                    reader.Skip();
                }
            }

            while (reader.Read())
            {
                // Whatever follows is no JSON, and the reader says so.
            }

            return found ? volumes : throw Damaged(reader, "it has no member 'report'");
        }
        catch (JsonException e)
        {
            throw new CorruptDataException(What, reader.BytesConsumed, "it is not the JSON that lvs writes", e) { Engine = LvmThinEngineFactory.SchemeName };
        }
    }

    private static void ReadReports(ref Utf8JsonReader reader, List<LogicalVolume> volumes)
    {
        Require(reader, JsonTokenType.StartArray);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                bool wanted = reader.ValueTextEquals("lv"u8);
                reader.Read();
                if (!wanted)
                {
                    reader.Skip();
                    continue;
                }

                Require(reader, JsonTokenType.StartArray);
                while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
                {
                    volumes.Add(ReadRow(ref reader));
                }

                Require(reader, JsonTokenType.EndArray);
            }
        }

        Require(reader, JsonTokenType.EndArray);
    }

    private static LogicalVolume ReadRow(ref Utf8JsonReader reader)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = Text(ref reader);
            reader.Read();
            fields[name] = reader.TokenType switch
            {
                JsonTokenType.String => Text(ref reader),
                JsonTokenType.Number => System.Text.Encoding.ASCII.GetString(reader.ValueSpan),
                JsonTokenType.Null => "",
                JsonTokenType.StartArray => Items(ref reader),
                _ => throw Damaged(reader, $"the column '{name}' holds no text and no number"),
            };
        }

        long at = reader.BytesConsumed;
        string Field(string name) => fields.TryGetValue(name, out string? value) ? value : throw new CorruptDataException(What, at, $"a row has no column '{name}'") { Engine = LvmThinEngineFactory.SchemeName };
        long Number(string name, long missing) => Field(name) is { Length: > 0 } text
            ? long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number
                : throw new CorruptDataException(What, at, $"the column '{name}' holds '{text}', which is no number") { Engine = LvmThinEngineFactory.SchemeName }
            : missing;
        long time = Number("lv_time", 0);
        return new LogicalVolume(Field("vg_name"), Field("lv_name").Trim('[', ']'), Field("lv_uuid"))
        {
            GroupUuid = Field("vg_uuid"),
            Attributes = Field("lv_attr"),
            SizeBytes = Number("lv_size", 0),
            Role = Field("lv_role"),
            Origin = Field("origin").Trim('[', ']'),
            OriginUuid = Field("origin_uuid"),
            Pool = Field("pool_lv").Trim('[', ']'),
            PoolUuid = Field("pool_lv_uuid"),
            ThinId = Number("thin_id", -1),
            ChunkBytes = Number("chunk_size", 0),
            MetadataName = Field("metadata_lv").Trim('[', ']'),
            CreatedAt = time <= DateTimeOffset.MaxValue.ToUnixTimeSeconds() ? DateTimeOffset.FromUnixTimeSeconds(time)
                : throw new CorruptDataException(What, at, $"the column 'lv_time' holds {time}, which is no time") { Engine = LvmThinEngineFactory.SchemeName },
            Tags = Field("lv_tags").Split(',', StringSplitOptions.RemoveEmptyEntries),
        };
    }

    // json_std writes lists as arrays.
    private static string Items(ref Utf8JsonReader reader)
    {
        var items = new List<string>();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
        {
            items.Add(Text(ref reader));
        }

        Require(reader, JsonTokenType.EndArray);
        return string.Join(',', items);
    }

    // Bytes that are not UTF-8 cannot be in a name of LVM.
    private static string Text(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException e)
        {
            throw new CorruptDataException(What, reader.TokenStartIndex, "it holds text that is not UTF-8", e) { Engine = LvmThinEngineFactory.SchemeName };
        }
    }

    private static void Expect(ref Utf8JsonReader reader, JsonTokenType type)
    {
        reader.Read();
        Require(reader, type);
    }

    private static void Require(in Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type)
        {
            throw Damaged(reader, $"there is {reader.TokenType} where {type} is expected");
        }
    }

    private static CorruptDataException Damaged(in Utf8JsonReader reader, string why) => new(What, reader.BytesConsumed, why) { Engine = LvmThinEngineFactory.SchemeName };
}
