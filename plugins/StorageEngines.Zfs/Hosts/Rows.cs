using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace StorageEngines.Zfs.Hosts;

/// <summary>Takes apart what <c>zfs -Hp</c> prints: a line for each thing, its fields between tabs. The last field may hold tabs. Not thread-safe.</summary>
/// <param name="answer">The answer.</param>
/// <param name="what">What it is called in messages.</param>
internal sealed class Rows(ReadOnlyMemory<byte> answer, string what)
{
    /// <summary>The longest line: user properties have at most 8,192 bytes each, and names of clones some hundred.</summary>
    internal const int LongestLine = 16 << 20;

    private readonly List<Range> _fields = [];
    private int _next;
    private int _line;

    /// <summary>Where the line is, in bytes from the start of the answer.</summary>
    internal int Offset => _line;

    /// <summary>Goes to the next line.</summary>
    /// <param name="columns">How many fields it has to have.</param>
    /// <returns>False at the end.</returns>
    /// <exception cref="CorruptDataException">It has fewer, or the last line is cut off.</exception>
    internal bool Read(int columns)
    {
        _line = _next;
        if (_line >= answer.Length)
        {
            return false;
        }

        int length = answer.Span[_line..].IndexOf((byte)'\n');
        if (length is < 0 or > LongestLine)
        {
            throw Damaged("the line has no end");
        }

        if (answer.Span.Slice(_line, length).Contains((byte)0))
        {
            throw Damaged("the line holds a NUL byte");
        }

        _next = _line + length + 1;
        _fields.Clear();
        int at = _line, end = _line + length;
        while (_fields.Count < columns - 1)
        {
            int tab = answer.Span[at..end].IndexOf((byte)'\t');
            if (tab < 0)
            {
                throw Damaged(string.Create(CultureInfo.InvariantCulture, $"the line has {_fields.Count + 1} fields instead of {columns}"));
            }

            _fields.Add(at..(at + tab));
            at += tab + 1;
        }

        _fields.Add(at..end);
        return true;
    }

    /// <summary>A field's bytes.</summary>
    internal ReadOnlyMemory<byte> Bytes(int column) => answer[_fields[column]];

    /// <summary>A field as text.</summary>
    internal string Text(int column) => Encoding.UTF8.GetString(Bytes(column).Span);

    /// <summary>A field as text; null if it has no value (<c>-</c>).</summary>
    internal string? TextOrNull(int column) => IsNone(column) ? null : Text(column);

    /// <summary>Whether a field has no value.</summary>
    internal bool IsNone(int column) => Bytes(column).Span.SequenceEqual("-"u8) || Bytes(column).IsEmpty;

    /// <summary>A field as a number.</summary>
    /// <exception cref="CorruptDataException">It is none.</exception>
    internal ulong Number(int column)
    {
        ReadOnlySpan<byte> field = Bytes(column).Span;
        return Utf8Parser.TryParse(field, out ulong number, out int read) && read == field.Length && field[0] != '+' ? number : throw Damaged($"'{Text(column)}' is no number");
    }

    /// <summary>A field as a number of bytes; null if it has no value.</summary>
    /// <exception cref="CorruptDataException">It is no number, or too large.</exception>
    internal long? SizeOrNull(int column)
        => IsNone(column) ? null : Number(column) is var number and <= long.MaxValue ? (long)number : throw Damaged($"'{Text(column)}' bytes are too many");

    /// <summary>The error for an answer that is not as it should be.</summary>
    internal CorruptDataException Damaged(string why) => new(what, _line, $"{why}; the program 'zfs' on the host answers otherwise than is known here") { Engine = ZfsEngineFactory.SchemeName };
}
