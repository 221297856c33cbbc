using System.Buffers.Text;
using System.Text;

namespace StorageEngines.Json;

/// <summary>A value of a small JSON text.</summary>
internal sealed class JsonValue(byte[] bytes, JsonKind kind)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal JsonKind Kind => kind;

    /// <summary>Where the text (without its quotes) or the number begins, and how long it is.</summary>
    internal (int Start, int Length) Place { get; set; }

    /// <summary>Whether the text has escapes.</summary>
    internal bool HasEscapes { get; set; }

    /// <summary>The names of an object's members; empty for others.</summary>
    internal List<JsonValue> Names { get; } = [];

    /// <summary>The values of an object's members or of an array.</summary>
    internal List<JsonValue> Values { get; } = [];

    /// <summary>Whether all names of members are texts, and no two are the same.</summary>
    internal bool HasOneOfEach
    {
        get
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            return Names.TrueForAll(name => name.Text() is { } text && names.Add(text));
        }
    }

    private ReadOnlySpan<byte> Raw => bytes.AsSpan(Place.Start, Place.Length);

    /// <summary>A member by its name, which is plain; of several the last. Null if there is none.</summary>
    internal JsonValue? Find(string name)
    {
        for (int i = Names.Count - 1; i >= 0; i--)
        {
            if (Names[i].Is(name))
            {
                return Values[i];
            }
        }

        return null;
    }

    /// <summary>The text; null if it is none, its bytes are no UTF-8 or it holds half of a pair.</summary>
    internal string? Text()
    {
        try
        {
            return kind != JsonKind.Text ? null : HasEscapes ? Strict.GetString(Unescaped()) : Strict.GetString(Raw);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>The whole number; null if it is none, or too large.</summary>
    internal long? Number() => kind == JsonKind.Number && Utf8Parser.TryParse(Raw, out long number, out int length) && length == Raw.Length ? number : null;

    private bool Is(string name)
    {
        if (HasEscapes)
        {
            return Text() == name;
        }

        if (Place.Length != name.Length)
        {
            return false;
        }

        for (int i = 0; i < name.Length; i++)
        {
            if (bytes[Place.Start + i] != name[i])
            {
                return false;
            }
        }

        return true;
    }

    private byte[] Unescaped()
    {
        var text = new List<byte>(Place.Length);
        for (int i = Place.Start, end = Place.Start + Place.Length; i < end; i++)
        {
            if (bytes[i] != '\\')
            {
                text.Add(bytes[i]);
                continue;
            }

            i++;
            if (bytes[i] == 'u')
            {
                string units = $"{Unit(i + 1)}";
                i += 4;
                if (char.IsHighSurrogate(units[0]) && i + 6 < end && bytes[i + 1] == '\\' && bytes[i + 2] == 'u')
                {
                    units += Unit(i + 3);
                    i += 6;
                }

                text.AddRange(Strict.GetBytes(units));
                continue;
            }

            text.Add(bytes[i] switch { (byte)'b' => (byte)'\b', (byte)'f' => (byte)'\f', (byte)'n' => (byte)'\n', (byte)'r' => (byte)'\r', (byte)'t' => (byte)'\t', var other => other });
        }

        return [.. text];
    }

    private char Unit(int at)
    {
        int unit = 0;
        for (int i = 0; i < 4; i++)
        {
            unit = (unit << 4) | Convert.ToInt32(((char)bytes[at + i]).ToString(), 16);
        }

        return (char)unit;
    }
}
