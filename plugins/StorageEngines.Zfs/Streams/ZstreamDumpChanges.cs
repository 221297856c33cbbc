using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace StorageEngines.Zfs.Streams;

/// <summary>
/// What the text of <c>zstream dump -v</c> (before OpenZFS 2.0 <c>zstreamdump -v</c>) says of one object: with it a host turns its own stream into a map, and the data stays there.
/// It takes the text to its end, makes the same checks as the stream's reader does, and the stream must have had its END record. Memory stays at 64 KiB. Not thread-safe.
/// Seen: OpenZFS 2.3.9.
/// </summary>
/// <param name="text">What the program prints; read to its end. Stays the caller's.</param>
/// <param name="source">What it is called in messages.</param>
/// <param name="question">What is asked.</param>
internal sealed class ZstreamDumpChanges(Stream text, string source, ZfsChangeQuestion question) : IObjectChanges
{
    private const int MostLineBytes = 64 << 10;

    private readonly byte[] _buffer = new byte[MostLineBytes];
    private int _next;
    private int _end;
    private long _origin;
    private long _line;
    private ulong _features;
    private ulong _toGuid;
    private bool _inHead;
    private bool _open;
    private bool _ended;

    /// <inheritdoc/>
    public long Offset { get; private set; }

    /// <inheritdoc/>
    public long End { get; private set; }

    /// <inheritdoc/>
    public ExtentState State { get; private set; }

    /// <inheritdoc/>
    public bool Read()
    {
        while (ReadLine(out ReadOnlySpan<byte> line))
        {
            if (line.StartsWith("\t"u8))
            {
                Head(line[1..]);
            }
            else if (IsChange(line))
            {
                return true;
            }
        }

        return _ended ? false : throw Corrupt(_origin + _next, _open ? "the text ends without the stream's END record; it was cut off" : "there is no stream in the text");
    }

    /// <inheritdoc/>
    public CorruptDataException Damaged(string detail) => Corrupt(_line, detail);

    private bool IsChange(ReadOnlySpan<byte> line)
    {
        int space = line.IndexOf((byte)' ');
        ReadOnlySpan<byte> fields = space < 0 ? [] : line[space..];
        switch (space < 0 ? "" : Encoding.ASCII.GetString(line[..Math.Min(space, 16)]))
        {
            case "BEGIN":
                _inHead = true;
                (_features, _toGuid) = (0, 0);
                return false;
            case "END":
                _ended |= _open;
                return false;
            case "WRITE":
                return Take(fields, " offset = "u8, " logical_size = "u8, ExtentState.Data);
            case "WRITE_EMBEDDED":
                return Take(fields, " offset = "u8, " length = "u8, ExtentState.Data);
            case "FREE":
                return Take(fields, " offset = "u8, " length = "u8, ExtentState.Zero);
            case "FREEOBJECTS":
                return question.IsIn(Number(fields, " firstobj = "u8), Number(fields, " numobjs = "u8)) && Take(0, long.MaxValue, ExtentState.Zero);
            case "REDACT" or "WRITE_BYREF" when Number(fields, " object = "u8) == question.Number:
                throw ZfsChangeQuestion.LeftOut(Place, "a redacted or deduplicated stream");
            default:
                return false;
        }
    }

    // The lines after BEGIN: what of them tells the stream, in the order they are printed in.
    private void Head(ReadOnlySpan<byte> line)
    {
        if (!_inHead)
        {
            return;
        }

        if (line.StartsWith("features = "u8))
        {
            _features = Hexadecimal(line, "features = "u8);
        }
        else if (line.StartsWith("toguid = "u8))
        {
            _toGuid = Hexadecimal(line, "toguid = "u8);
        }
        else if (line.StartsWith("fromguid = "u8))
        {
            _inHead = false;
            Begin(Hexadecimal(line, "fromguid = "u8));
        }
    }

    private void Begin(ulong fromGuid)
    {
        if (_toGuid == 0)
        {
            return; // a package
        }

        if (_open)
        {
            throw Corrupt(_line, "a second stream: changes are told by a stream from base to target, not by a package (-I, -R) of several");
        }

        _open = true;
        question.Check(Place, fromGuid, _toGuid, (ZfsStreamFeatures)_features);
    }

    private bool Take(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> offset, ReadOnlySpan<byte> length, ExtentState state)
    {
        if (!_open || _ended)
        {
            throw Corrupt(_line, "a record that is in no stream");
        }

        return Number(fields, " object = "u8) == question.Number
            && new ZfsRange(question.Number, Number(fields, offset), Number(fields, length)).TryBounds(out long from, out long end)
            && Take(from, end, state);
    }

    private bool Take(long offset, long end, ExtentState state)
    {
        (Offset, End, State) = (offset, end, state);
        return true;
    }

    // A length of -1 is one to the end.
    private ulong Number(ReadOnlySpan<byte> fields, ReadOnlySpan<byte> name)
    {
        int at = fields.IndexOf(name);
        ReadOnlySpan<byte> value = at < 0 ? [] : fields[(at + name.Length)..];
        if (value is [(byte)'-', (byte)'1', ..])
        {
            return ZfsStreamFormat.ToTheEnd;
        }

        return Utf8Parser.TryParse(value, out ulong number, out int used) && (used == value.Length || value[used] == ' ')
            ? number
            : throw Corrupt(_line, $"a record without its field '{Encoding.ASCII.GetString(name).Trim(' ', '=')}'");
    }

    private ulong Hexadecimal(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name)
        => ulong.TryParse(line[name.Length..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong number)
            ? number
            : throw Corrupt(_line, $"'{ByteText.Escape(line)}' is no number");

    private bool ReadLine(out ReadOnlySpan<byte> line)
    {
        while (true)
        {
            ReadOnlySpan<byte> here = _buffer.AsSpan(_next, _end - _next);
            if (here.IndexOf((byte)'\n') is var length && length >= 0)
            {
                line = here[..length];
                _line = _origin + _next;
                _next += length + 1;
                return true;
            }

            if (here.Length == _buffer.Length)
            {
                throw Corrupt(_origin, $"a line of more than {MostLineBytes} bytes");
            }

            here.CopyTo(_buffer);
            _origin += _next;
            (_next, _end) = (0, here.Length);
            int got = text.Read(_buffer.AsSpan(_end));
            _end += got;
            if (got == 0)
            {
                line = [];
                return _end == 0 ? false : throw Corrupt(_origin + _end, "the text ends within a line; it was cut off");
            }
        }
    }

    private string Place => $"{source}: byte {_line}";

    private CorruptDataException Corrupt(long offset, string detail) => new(source, offset, detail);
}
