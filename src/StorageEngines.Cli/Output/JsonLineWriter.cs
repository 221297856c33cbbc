using System.Buffers.Text;
using System.Text;
using System.Text.Encodings.Web;

namespace StorageEngines.Cli.Output;

/// <summary>
/// Writes one JSON value per line, of parts that are called as they are with the framework's writer. That one takes 10 ms of a short command: three assemblies, and vector code for
/// escapes that is compiled at each start. Text that needs no escape, which is nearly all, is copied; other text goes through the framework's encoder.
/// </summary>
/// <remarks>Not safe for use by several threads. Names are plain text of the program's own.</remarks>
internal sealed class JsonLineWriter
{
    private const int LongestNumber = 20;

    private byte[] _line = new byte[1 << 10];
    private int _length;
    private bool _comma;

    /// <summary>The line so far, without its end.</summary>
    internal ReadOnlySpan<byte> Line => _line.AsSpan(0, _length);

    /// <summary>Begins a new line.</summary>
    internal void Reset() => (_length, _comma) = (0, false);

    internal void WriteStartObject() => Open('{');

    internal void WriteStartObject(string name)
    {
        WritePropertyName(name);
        Open('{');
    }

    internal void WriteEndObject() => Close('}');

    internal void WriteStartArray(string name)
    {
        WritePropertyName(name);
        Open('[');
    }

    internal void WriteEndArray() => Close(']');

    internal void WritePropertyName(string name)
    {
        Separate();
        Quoted(name);
        Byte(':');
        _comma = false;
    }

    internal void WriteString(string name, string? value)
    {
        WritePropertyName(name);
        WriteStringValue(value);
    }

    internal void WriteStringValue(string? value)
    {
        if (value is null)
        {
            WriteNullValue();
            return;
        }

        Separate();
        Quoted(IsPlain(value) ? value : JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(value));
        _comma = true;
    }

    internal void WriteNumber(string name, long value)
    {
        WritePropertyName(name);
        WriteNumberValue(value);
    }

    /// <summary>Writes a number, or null if it is not known.</summary>
    internal void WriteNumber(string name, long? value)
    {
        if (value is { } known)
        {
            WriteNumber(name, known);
        }
        else
        {
            WriteNull(name);
        }
    }

    internal void WriteNumberValue(long value)
    {
        Separate();
        Need(LongestNumber);
        Utf8Formatter.TryFormat(value, _line.AsSpan(_length), out int written);
        _length += written;
        _comma = true;
    }

    internal void WriteBoolean(string name, bool value)
    {
        WritePropertyName(name);
        Literal(value ? "true"u8 : "false"u8);
    }

    internal void WriteNull(string name)
    {
        WritePropertyName(name);
        WriteNullValue();
    }

    internal void WriteNullValue() => Literal("null"u8);

    private static bool IsPlain(string text)
    {
        foreach (char character in text)
        {
            if (character is < ' ' or > '~' or '"' or '\\')
            {
                return false;
            }
        }

        return true;
    }

    private void Literal(ReadOnlySpan<byte> word)
    {
        Separate();
        Need(word.Length);
        word.CopyTo(_line.AsSpan(_length));
        _length += word.Length;
        _comma = true;
    }

    private void Quoted(string text)
    {
        Need(2 + Encoding.UTF8.GetMaxByteCount(text.Length));
        _line[_length++] = (byte)'"';
        _length += Encoding.UTF8.GetBytes(text, _line.AsSpan(_length));
        _line[_length++] = (byte)'"';
    }

    private void Open(char bracket)
    {
        Separate();
        Byte(bracket);
        _comma = false;
    }

    private void Close(char bracket)
    {
        Byte(bracket);
        _comma = true;
    }

    private void Separate()
    {
        if (_comma)
        {
            Byte(',');
        }
    }

    private void Byte(char character)
    {
        Need(1);
        _line[_length++] = (byte)character;
    }

    private void Need(int bytes)
    {
        if (_line.Length - _length < bytes)
        {
            Array.Resize(ref _line, Math.Max(2 * _line.Length, _length + bytes));
        }
    }
}
