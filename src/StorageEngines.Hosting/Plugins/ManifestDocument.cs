using System.Text.Json;
using StorageEngines.Json;

namespace StorageEngines.Hosting;

/// <summary>What <c>plugin.json</c> says. Members that are not known here are for later versions and are passed over.</summary>
/// <remarks>Read member by member: binding to types costs a short program more than the rest of finding its plug-ins.</remarks>
internal sealed record ManifestDocument(string? Id, string? Version, string? EntryAssembly, string? MinContract, string? MaxContract, string? Description)
{
    private const int MaxDepth = 16;

    /// <summary>Parses the text; null for the value <c>null</c>.</summary>
    /// <exception cref="JsonException">It is not valid, or a member is of the wrong kind; line and byte are set.</exception>
    public static ManifestDocument? Parse(ReadOnlySpan<byte> text) => Plain(text) ?? Full(text);

    // The usual case, without what is allowed besides (comments, a comma too many) and without what is wrong. The framework's reader takes 5 ms to begin.
    private static ManifestDocument? Plain(ReadOnlySpan<byte> text)
    {
        JsonValue document;
        try
        {
            document = JsonText.Read(text.ToArray(), 0);
        }
        catch (FormatException)
        {
            return null;
        }

        bool plain = document.Kind == JsonKind.Object;
        string? Member(JsonValue? of, string name)
        {
            JsonValue? member = of?.Find(name);
            string? found = member?.Text();
            plain &= member is null || found is not null;
            return found;
        }

        JsonValue? contract = document.Find("contract");
        var plainDocument = new ManifestDocument(
            Member(document, "id"), Member(document, "version"), Member(document, "entryAssembly"), Member(contract, "min"), Member(contract, "max"), Member(document, "description"));
        return plain && (contract is null || contract.Kind == JsonKind.Object) && document.HasOneOfEach && contract is not { HasOneOfEach: false } ? plainDocument : null;
    }

    private static ManifestDocument? Full(ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = MaxDepth });
        reader.Read();
        ManifestDocument? document = reader.TokenType == JsonTokenType.Null ? null : Members(ref reader, text);
        reader.Read(); // Nothing may follow; the reader complains if something does.
        return document;
    }

    private static ManifestDocument Members(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        var document = new ManifestDocument(null, null, null, null, null, null);
        for (Want(reader, JsonTokenType.StartObject, "an object", text); reader.Read() && reader.TokenType == JsonTokenType.PropertyName;)
        {
            string name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "id":
                    document = document with { Id = Text(reader, text) };
                    break;
                case "version":
                    document = document with { Version = Text(reader, text) };
                    break;
                case "entryAssembly":
                    document = document with { EntryAssembly = Text(reader, text) };
                    break;
                case "description":
                    document = document with { Description = Text(reader, text) };
                    break;
                case "contract" when reader.TokenType != JsonTokenType.Null:
                    document = Contract(ref reader, document, text);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return document;
    }

    private static ManifestDocument Contract(ref Utf8JsonReader reader, ManifestDocument document, ReadOnlySpan<byte> text)
    {
        for (Want(reader, JsonTokenType.StartObject, "an object", text); reader.Read() && reader.TokenType == JsonTokenType.PropertyName;)
        {
            string name = reader.GetString()!;
            reader.Read();
            switch (name)
            {
                case "min":
                    document = document with { MinContract = Text(reader, text) };
                    break;
                case "max":
                    document = document with { MaxContract = Text(reader, text) };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        return document;
    }

    private static string? Text(in Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return null;
        }

        Want(reader, JsonTokenType.String, "a text", text);
        return reader.GetString();
    }

    private static void Want(in Utf8JsonReader reader, JsonTokenType kind, string wanted, ReadOnlySpan<byte> text)
    {
        if (reader.TokenType == kind)
        {
            return;
        }

        ReadOnlySpan<byte> before = text[..(int)reader.TokenStartIndex];
        throw new JsonException(
            $"{wanted} is wanted here, not {reader.TokenType}.", null, before.Count((byte)'\n'), before.Length - (before.LastIndexOf((byte)'\n') + 1));
    }
}
