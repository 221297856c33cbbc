using System.Text;

namespace StorageEngines.RemoteTrees;

/// <summary>Reads what <c>getfattr -d -e hex</c> writes. Names have their odd bytes as three octal digits behind a backslash.</summary>
internal static class AttributeDump
{
    /// <summary>The attributes of each file that has some, in byte order of their names.</summary>
    /// <param name="output">The output.</param>
    /// <param name="engine">The engine's name, for errors.</param>
    /// <exception cref="CorruptDataException">It is no such output.</exception>
    internal static Dictionary<BytePath, IReadOnlyList<ExtendedAttribute>> Parse(ReadOnlySpan<byte> output, string engine)
    {
        const string File = "# file: ";
        var files = new Dictionary<BytePath, IReadOnlyList<ExtendedAttribute>>();
        List<ExtendedAttribute>? attributes = null;
        foreach (string line in Encoding.Latin1.GetString(output).Split('\n'))
        {
            if (line.StartsWith(File, StringComparison.Ordinal))
            {
                attributes = [];
                byte[] name = Unquote(line[File.Length..]);
                files[new BytePath(name.AsSpan().StartsWith("./"u8) ? name[2..] : name.AsSpan().SequenceEqual("."u8) ? [] : name)] = attributes;
            }
            else if (line.Length > 0)
            {
                (attributes ?? throw Damaged(line, engine)).Add(Attribute(line, engine));
            }
        }

        foreach (IReadOnlyList<ExtendedAttribute> each in files.Values)
        {
            ((List<ExtendedAttribute>)each).Sort((a, b) => a.Name.Span.SequenceCompareTo(b.Name.Span));
        }

        return files;
    }

    private static ExtendedAttribute Attribute(string line, string engine)
    {
        int equals = line.LastIndexOf('=');
        if (equals < 0)
        {
            return new ExtendedAttribute(Unquote(line), default);
        }

        string value = line[(equals + 1)..];
        try
        {
            return new ExtendedAttribute(
                Unquote(line[..equals]), value is "\"\"" ? [] : value.StartsWith("0x", StringComparison.Ordinal) ? Convert.FromHexString(value.AsSpan(2)) : throw Damaged(line, engine));
        }
        catch (FormatException)
        {
            throw Damaged(line, engine);
        }
    }

    private static byte[] Unquote(string text)
    {
        var bytes = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length && text.AsSpan(i + 1, 3).IndexOfAnyExceptInRange('0', '7') < 0)
            {
                bytes.Add((byte)(((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 | (text[i + 3] - '0')) & 0xFF));
                i += 3;
            }
            else
            {
                bytes.Add((byte)text[i]);
            }
        }

        return [.. bytes];
    }

    private static CorruptDataException Damaged(string line, string engine)
        => new("the output of 'getfattr'", null, $"'{line}' is no attribute") { Engine = engine };
}
