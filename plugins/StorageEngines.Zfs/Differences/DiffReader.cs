namespace StorageEngines.Zfs.Differences;

/// <summary>
/// Reads what <c>zfs diff -FHt</c> writes: time, change, type, path, and another path or the change of the number of names. Bytes of a path that are no printing ASCII are a backslash and four
/// octal digits. Not thread-safe.
/// </summary>
/// <param name="output">The output; stays the caller's.</param>
internal sealed class DiffReader(Stream output)
{
    private const int LongestLine = 128 << 10; // two paths of at most 4096 bytes, each of which may take five
    private const string Source = "the output of 'zfs diff'";

    private readonly byte[] _buffer = new byte[2 * LongestLine];
    private int _from;
    private int _to;
    private long _offset;

    /// <summary>The line read last.</summary>
    internal DiffLine Line { get; private set; }

    /// <summary>Reads a line.</summary>
    /// <returns>False at the end.</returns>
    /// <exception cref="CorruptDataException">It is none, or it is cut off.</exception>
    internal bool Read()
    {
        int length;
        while ((length = _buffer.AsSpan(_from, _to - _from).IndexOf((byte)'\n')) < 0)
        {
            if (_to - _from > LongestLine)
            {
                throw Damaged($"a line of more than {LongestLine} bytes");
            }

            _buffer.AsSpan(_from, _to - _from).CopyTo(_buffer);
            (_from, _to) = (0, _to - _from);
            int count = output.Read(_buffer, _to, _buffer.Length - _to);
            if (count == 0)
            {
                return _to == 0 ? false : throw Damaged("the last line is cut off");
            }

            _to += count;
        }

        Line = Parse(_buffer.AsSpan(_from, length));
        _from += length + 1;
        _offset += length + 1;
        return true;
    }

    private DiffLine Parse(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line;
        ReadOnlySpan<byte> time = Field(ref rest), change = Field(ref rest), type = Field(ref rest), path = Field(ref rest);
        if (time.IsEmpty || time.IndexOfAnyExcept("0123456789.-"u8) >= 0 || change is not [var what] || type is not [var kind] || !"M+-R"u8.Contains(what) || !"F/@|=>BCP?"u8.Contains(kind)
            || rest.Contains((byte)'\t'))
        {
            throw Damaged($"'{ByteText.Escape(line)}' is no change");
        }

        bool isCount = rest is [(byte)'(', .., (byte)')'];
        if ((what == 'R') != (!rest.IsEmpty && !isCount))
        {
            throw Damaged($"'{ByteText.Escape(line)}' has no new path, or one too many");
        }

        return new DiffLine((char)what, kind == '/', Path(path), what == 'R' ? Path(rest) : null);
    }

    private static ReadOnlySpan<byte> Field(ref ReadOnlySpan<byte> rest)
    {
        int tab = rest.IndexOf((byte)'\t');
        ReadOnlySpan<byte> field = tab < 0 ? rest : rest[..tab];
        rest = tab < 0 ? default : rest[(tab + 1)..];
        return field;
    }

    private BytePath Path(ReadOnlySpan<byte> text)
    {
        const int Digits = 4;
        var path = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                path.Add(text[i]);
                continue;
            }

            ReadOnlySpan<byte> digits = text[(i + 1)..Math.Min(text.Length, i + 1 + Digits)];
            if (digits.Length < Digits || digits.IndexOfAnyExceptInRange((byte)'0', (byte)'7') >= 0 || digits[0] != '0' || digits[1] > '3')
            {
                throw Damaged($"'{ByteText.Escape(text)}' has a backslash without the four digits of a byte");
            }

            path.Add((byte)(((digits[1] - '0') << 6) | ((digits[2] - '0') << 3) | (digits[3] - '0')));
            i += Digits;
        }

        return path is [(byte)'/', ..] && !path.Contains(0) ? new BytePath(path.ToArray()) : throw Damaged($"'{ByteText.Escape(text)}' is no path");
    }

    private CorruptDataException Damaged(string why) => new(Source, _offset, $"{why}; the program on the host answers otherwise than is known here") { Engine = ZfsEngineFactory.SchemeName };
}
