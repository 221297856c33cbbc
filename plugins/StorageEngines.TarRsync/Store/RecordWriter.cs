using System.Globalization;
using System.Text;

namespace StorageEngines.TarRsync.Store;

/// <summary>Writes the JSON of a record: indented by two blanks, in ASCII, with what HTML would misread escaped, as the framework's writer does.</summary>
internal sealed class RecordWriter
{
    private readonly StringBuilder _text = new();
    private int _depth;
    private bool _isFirst = true;

    /// <summary>The bytes of one object.</summary>
    internal static byte[] Write(Action<RecordWriter> write)
    {
        var writer = new RecordWriter();
        writer.Open('{');
        write(writer);
        writer.Close('}');
        return Encoding.ASCII.GetBytes(writer._text.ToString());
    }

    internal void WriteString(string name, string value)
    {
        Name(name);
        Quoted(value);
    }

    internal void WriteNumber(string name, long value)
    {
        Name(name);
        _text.Append(value.ToString(CultureInfo.InvariantCulture));
    }

    internal void WriteStringValue(string value)
    {
        Line();
        Quoted(value);
    }

    internal void WriteStartObject(string name)
    {
        Name(name);
        Open('{');
    }

    internal void WriteEndObject() => Close('}');

    internal void WriteStartArray(string name)
    {
        Name(name);
        Open('[');
    }

    internal void WriteEndArray() => Close(']');

    private void Open(char bracket)
    {
        _text.Append(bracket);
        _depth++;
        _isFirst = true;
    }

    private void Close(char bracket)
    {
        _depth--;
        if (!_isFirst)
        {
            Break();
        }

        _text.Append(bracket);
        _isFirst = false;
    }

    private void Name(string name)
    {
        Line();
        Quoted(name);
        _text.Append(": ");
    }

    private void Line()
    {
        if (!_isFirst)
        {
            _text.Append(',');
        }

        _isFirst = false;
        Break();
    }

    private void Break()
    {
        _text.Append('\n');
        for (int i = 0; i < _depth; i++)
        {
            _text.Append("  ");
        }
    }

    private void Quoted(string value)
    {
        _text.Append('"');
        for (int i = 0; i < value.Length; i++)
        {
            char c = value[i];
            if (char.IsSurrogate(c))
            {
                bool isPair = char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]);
                Unit(isPair ? c : '\uFFFD');
                if (isPair)
                {
                    Unit(value[++i]);
                }
            }
            else
            {
                Plain(c);
            }
        }

        _text.Append('"');
    }

    private void Plain(char c)
    {
        switch (c)
        {
            case '\\':
                _text.Append(@"\\");
                break;
            case '\b':
                _text.Append(@"\b");
                break;
            case '\t':
                _text.Append(@"\t");
                break;
            case '\n':
                _text.Append(@"\n");
                break;
            case '\f':
                _text.Append(@"\f");
                break;
            case '\r':
                _text.Append(@"\r");
                break;
            case '"' or '&' or '\'' or '+' or '<' or '>' or '`' or < ' ' or > '~':
                Unit(c);
                break;
            default:
                _text.Append(c);
                break;
        }
    }

    private void Unit(char c)
    {
        _text.Append(@"\u");
        for (int shift = 12; shift >= 0; shift -= 4)
        {
            _text.Append("0123456789ABCDEF"[(c >> shift) & 15]);
        }
    }
}
