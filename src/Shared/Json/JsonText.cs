namespace StorageEngines.Json;

/// <summary>
/// Reads small JSON texts, strictly (RFC 8259). The framework's reader is made for large documents: to begin takes it 5 ms, as long as a small command works.
/// </summary>
internal ref struct JsonText
{
    private const int MostDepth = 8;

    private readonly byte[] _bytes;
    private int _at;

    private JsonText(byte[] bytes, int at) => (_bytes, _at) = (bytes, at);

    /// <summary>Reads the one value that the bytes hold from a place on.</summary>
    /// <exception cref="FormatException">It is no JSON; the message names the byte.</exception>
    internal static JsonValue Read(byte[] bytes, int start)
    {
        var reader = new JsonText(bytes, start);
        JsonValue value = reader.Value(MostDepth);
        reader.Blank();
        return reader._at == bytes.Length ? value : throw reader.Wrong();
    }

    private readonly int Next => _at < _bytes.Length ? _bytes[_at] : -1;

    private JsonValue Value(int depth)
    {
        Blank();
        switch (Next)
        {
            case '{':
                return Members(depth);
            case '[':
                return Items(depth);
            case '"':
                return Text();
            case 't':
                return Word("true");
            case 'f':
                return Word("false");
            case 'n':
                return Word("null");
            default:
                return Number();
        }
    }

    private JsonValue Members(int depth)
    {
        var value = new JsonValue(_bytes, JsonKind.Object);
        for (bool more = Begin(depth, '}'); more; more = Goes('}'))
        {
            Blank();
            value.Names.Add(Text());
            Blank();
            Want(':');
            value.Values.Add(Value(depth - 1));
        }

        return value;
    }

    private JsonValue Items(int depth)
    {
        var value = new JsonValue(_bytes, JsonKind.Array);
        for (bool more = Begin(depth, ']'); more; more = Goes(']'))
        {
            value.Values.Add(Value(depth - 1));
        }

        return value;
    }

    // Behind the opening bracket: whether there is something between it and the closing one.
    private bool Begin(int depth, char end)
    {
        _at++;
        Blank();
        if (depth == 0)
        {
            throw Wrong();
        }

        if (Next != end)
        {
            return true;
        }

        _at++;
        return false;
    }

    private bool Goes(char end)
    {
        Blank();
        if (Next == ',')
        {
            _at++;
            return true;
        }

        Want(end);
        return false;
    }

    private JsonValue Text()
    {
        Want('"');
        int start = _at;
        bool escapes = false;
        for (; Next != '"'; _at++)
        {
            if (Next < ' ')
            {
                throw Wrong();
            }

            if (Next == '\\')
            {
                escapes = true;
                _at++;
                Escape();
            }
        }

        return new JsonValue(_bytes, JsonKind.Text) { Place = (start, _at++ - start), HasEscapes = escapes };
    }

    private void Escape()
    {
        if (Next == 'u')
        {
            for (int digit = 0; digit < 4; digit++)
            {
                _at++;
                if (Next < 0 || !char.IsAsciiHexDigit((char)Next))
                {
                    throw Wrong();
                }
            }
        }
        else if (Next is not ('"' or '\\' or '/' or 'b' or 'f' or 'n' or 'r' or 't'))
        {
            throw Wrong();
        }
    }

    private JsonValue Number()
    {
        int start = _at;
        _at += Next == '-' ? 1 : 0;
        if (Next == '0')
        {
            _at++;
        }
        else
        {
            Digits();
        }

        if (Next == '.')
        {
            _at++;
            Digits();
        }

        if (Next is 'e' or 'E')
        {
            _at++;
            _at += Next is '+' or '-' ? 1 : 0;
            Digits();
        }

        return new JsonValue(_bytes, JsonKind.Number) { Place = (start, _at - start) };
    }

    private void Digits()
    {
        if (Next is < '0' or > '9')
        {
            throw Wrong();
        }

        while (Next is >= '0' and <= '9')
        {
            _at++;
        }
    }

    private JsonValue Word(string word)
    {
        foreach (char letter in word)
        {
            Want(letter);
        }

        return new JsonValue(_bytes, JsonKind.Other);
    }

    private void Want(char character)
    {
        if (Next != character)
        {
            throw Wrong();
        }

        _at++;
    }

    private void Blank()
    {
        while (Next is ' ' or '\t' or '\r' or '\n')
        {
            _at++;
        }
    }

    private readonly FormatException Wrong() => new($"The JSON is not valid at byte {_at}.");
}
