using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace StorageEngines.CephRbd.Hosts.Commands.Parsing;

/// <summary>JSON as rbd writes it. Names need not be UTF-8 to it; what is not becomes U+FFFD, so that one such name does not hide the others.</summary>
internal static class RbdJson
{
    private static readonly JsonDocumentOptions _options = new() { MaxDepth = 8 };

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="what">What it is called in messages.</param>
    /// <exception cref="CorruptDataException">It is no JSON.</exception>
    internal static RbdValue Parse(ReadOnlyMemory<byte> text, string what)
    {
        ReadOnlyMemory<byte> valid = Utf8.IsValid(text.Span) ? text : Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(text.Span));
        try
        {
            using JsonDocument document = JsonDocument.Parse(valid, _options);
            return new RbdValue(document.RootElement.Clone(), what);
        }
        catch (JsonException e)
        {
            throw new CorruptDataException(what, e.BytePositionInLine, "it is not the JSON that rbd writes", e) { Engine = CephRbdEngineFactory.SchemeName };
        }
    }

    /// <summary>A name as rbd writes it between quotes, to be looked for in what it wrote.</summary>
    internal static string Escape(string name)
    {
        var text = new StringBuilder(name.Length);
        foreach (char each in name)
        {
            _ = each switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\t' => text.Append("\\t"),
                < ' ' or '\u007f' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)each:x4}"),
                _ => text.Append(each),
            };
        }

        return text.ToString();
    }
}
