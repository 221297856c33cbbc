using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace StorageEngines.RemoteShells;

/// <summary>Takes an answer apart: fields that end with NUL. Not thread-safe.</summary>
/// <param name="answer">The answer.</param>
/// <param name="what">What it is called in messages.</param>
/// <param name="engine">The engine's name, for errors.</param>
internal sealed class Fields(byte[] answer, string what, string engine)
{
    private int _at;

    /// <summary>Whether everything was read.</summary>
    internal bool IsAtEnd => _at >= answer.Length;

    /// <summary>The next field.</summary>
    /// <exception cref="CorruptDataException">There is none that is whole.</exception>
    internal ReadOnlyMemory<byte> Next()
    {
        int length = answer.AsSpan(_at).IndexOf((byte)0);
        if (length < 0)
        {
            throw Damaged("it is cut off");
        }

        ReadOnlyMemory<byte> field = answer.AsMemory(_at, length);
        _at += length + 1;
        return field;
    }

    /// <summary>All that was not read yet, whatever it is.</summary>
    internal ReadOnlyMemory<byte> Rest()
    {
        ReadOnlyMemory<byte> rest = answer.AsMemory(_at);
        _at = answer.Length;
        return rest;
    }

    /// <summary>The next field as text.</summary>
    internal string Text() => Encoding.UTF8.GetString(Next().Span);

    /// <summary>The next field as a number.</summary>
    internal long Number()
    {
        ReadOnlySpan<byte> field = Next().Span;
        return Utf8Parser.TryParse(field, out long number, out int read) && read == field.Length ? number : throw Damaged($"'{Encoding.UTF8.GetString(field)}' is no number");
    }

    /// <summary>The next field as 0 or 1.</summary>
    internal bool Flag() => Next().Span.SequenceEqual("1"u8);

    /// <summary>The error for an answer that is not as it should be.</summary>
    internal CorruptDataException Damaged(string why) => new(what, _at, string.Create(CultureInfo.InvariantCulture, $"{why}; the programs on the host answer otherwise than is known here"))
    { Engine = engine };
}
