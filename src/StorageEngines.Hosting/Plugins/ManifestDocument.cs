using System.Text.Json;
using System.Text.Json.Serialization;

namespace StorageEngines.Hosting;

/// <summary>The form of <c>plugin.json</c>. Members that are not known here are for later versions and are passed over.</summary>
internal sealed record ManifestDocument(string? Id, string? Version, string? EntryAssembly, ManifestDocument.Range? Contract, string? Description)
{
    internal sealed record Range(string? Min, string? Max);
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowTrailingCommas = true, ReadCommentHandling = JsonCommentHandling.Skip, MaxDepth = 16)]
[JsonSerializable(typeof(ManifestDocument))]
internal sealed partial class ManifestJsonContext : JsonSerializerContext;
