using System.Text.Json;

namespace StorageEngines.Hosting;

/// <summary>Reads <c>plugin.json</c>: bounded, and every complaint names the file and the place in it.</summary>
internal static class PluginManifestReader
{
    private const int MaxBytes = 64 * 1024;
    private const int MaxDescription = 500;

    public static PluginManifest Read(string path)
    {
        ManifestDocument document = Parse(path);
        string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        string id = Want(path, "id", document.Id, SchemeName.IsValid, SchemeName.Rule);
        string version = Want(path, "version", document.Version, text => PluginVersion.TryParse(text, out _), "a version such as 1.2.3 or 1.2.3-rc.1");
        string entry = Want(path, "entryAssembly", document.EntryAssembly, IsFileName, "the name of a .dll in the same folder");
        ContractVersion min = WantContract(path, "contract.min", document.MinContract);
        ContractVersion max = WantContract(path, "contract.max", document.MaxContract);
        if (min.Major != max.Major || min.CompareTo(max) > 0)
        {
            throw Invalid(path, $"has a contract range of {min} to {max}; both ends have to be of one major version, the lower one first.");
        }

        string description = document.Description ?? "";
        PluginVersion.TryParse(version, out PluginVersion? parsed);
        return new PluginManifest(id, parsed!, Path.Combine(folder, entry), min, max,
            description.Length > MaxDescription ? description[..MaxDescription] : description);
    }

    private static ManifestDocument Parse(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            var bytes = new byte[MaxBytes + 1];
            int length = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > MaxBytes)
            {
                throw Invalid(path, $"is larger than {MaxBytes} bytes.");
            }

            ReadOnlySpan<byte> text = bytes.AsSpan(0, length);
            text = text.StartsWith("\uFEFF"u8) ? text[3..] : text;
            return ManifestDocument.Parse(text) ?? throw Invalid(path, "is 'null'; an object is wanted.");
        }
        catch (InvalidOperationException e)
        {
            // The reader found the place of a text whose bytes are no UTF-8, or half of a surrogate pair.
            throw new PluginException(PluginFault.ManifestInvalid, path, $"is not valid: {e.Message}", e);
        }
        catch (JsonException e)
        {
            throw new PluginException(
                PluginFault.ManifestInvalid, path, $"is not valid at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}: {FirstSentence(e.Message)}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PluginException(PluginFault.ManifestInvalid, path, $"cannot be read: {e.Message}", e);
        }
    }

    private static string Want(string path, string member, string? value, Func<string, bool> isValid, string rule)
        => string.IsNullOrEmpty(value) ? throw Invalid(path, $"lacks '{member}': {rule}.")
            : isValid(value) ? value
            : throw Invalid(path, $"has '{member}' = '{value}'; wanted is {rule}.");

    private static ContractVersion WantContract(string path, string member, string? value)
    {
        string text = Want(path, member, value, v => ContractVersion.TryParse(v, out _), "a contract version such as 1.0");
        ContractVersion.TryParse(text, out ContractVersion version);
        return version;
    }

    private static bool IsFileName(string name)
        => name.EndsWith(".dll", StringComparison.OrdinalIgnoreCase) && !name.Contains('/') && !name.Contains('\\') && !name.Contains('\0') && !name.StartsWith('.');

    private static string FirstSentence(string message) => message.Split(" Path:")[0].TrimEnd('.') + ".";

    private static PluginException Invalid(string path, string what) => new(PluginFault.ManifestInvalid, path, what);
}
