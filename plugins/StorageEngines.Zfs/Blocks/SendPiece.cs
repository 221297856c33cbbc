using StorageEngines.Zfs.Streams;

namespace StorageEngines.Zfs.Blocks;

/// <summary>
/// The beginning of a full stream that begins in the middle of a volume (<c>zfs send -t</c>), as far as it was fetched: the bytes of the volume that are in it. Blocks are expanded when they
/// are read, one at a time. One reader.
/// </summary>
internal sealed class SendPiece
{
    private readonly byte[] _stream;
    private readonly int _length;
    private readonly string _source;
    private readonly ZfsChangeQuestion _question;
    private ZfsSendReader _reader = null!;
    private ZfsObjectChanges _changes = null!;
    private long _past;
    private bool _hasRange;

    private SendPiece(byte[] stream, int length, string source, ZfsChangeQuestion question, long from, long end)
    {
        (_stream, _length, _source, _question, From, End) = (stream, length, source, question, from, end);
        Begin();
    }

    /// <summary>From where on the piece knows the volume.</summary>
    internal long From { get; }

    /// <summary>Up to where; above <see cref="From"/>.</summary>
    internal long End { get; }

    /// <summary>Looks through a piece: its checksums, that it is of the snapshots that were asked for, and how far it goes.</summary>
    /// <param name="stream">The bytes.</param>
    /// <param name="isCut">Whether it may be the beginning of a stream only; else it is whole.</param>
    /// <param name="source">What it is called in messages.</param>
    /// <param name="question">What it is about.</param>
    /// <param name="from">Where in the volume it was asked to begin; below the capacity.</param>
    /// <exception cref="CorruptDataException">It is damaged, or has nothing of the volume.</exception>
    /// <exception cref="BaseMismatchException">It is of other snapshots.</exception>
    internal static SendPiece Scan(byte[] stream, bool isCut, string source, ZfsChangeQuestion question, long from)
    {
        var reader = new ZfsSendReader(new MemoryStream(stream), source, keepPayloads: false);
        var changes = new ZfsObjectChanges(reader, question);
        long end = from;
        int length = 0;
        try
        {
            while (changes.Read())
            {
                if (changes.End != long.MaxValue && changes.End > end)
                {
                    (end, length) = (changes.End, (int)reader.Position);
                }
            }

            return new SendPiece(stream, stream.Length, source, question, from, question.CapacityBytes);
        }
        catch (CorruptDataException e) when (isCut && e.Offset == stream.Length && end > from)
        {
            return new SendPiece(stream, length, source, question, from, Math.Min(end, question.CapacityBytes));
        }
    }

    /// <summary>Reads bytes.</summary>
    /// <param name="offset">Where in the volume; from <see cref="From"/> to below <see cref="End"/>.</param>
    /// <param name="buffer">Where to; not empty.</param>
    /// <returns>How many, 1 or more.</returns>
    /// <exception cref="CorruptDataException">A block does not expand.</exception>
    internal int Read(long offset, Span<byte> buffer)
    {
        if (offset < _past)
        {
            Begin();
        }

        while (!_hasRange || _changes.End <= offset)
        {
            _past = _hasRange ? Math.Max(_past, _changes.End) : _past;
            if (!Advance())
            {
                return Gap(offset, End, buffer);
            }
        }

        return offset < _changes.Offset ? Gap(offset, Math.Min(_changes.Offset, End), buffer) : Copy(offset, buffer);
    }

    private void Begin()
    {
        _reader = new ZfsSendReader(new MemoryStream(_stream, 0, _length), _source);
        _changes = new ZfsObjectChanges(_reader, _question);
        _past = 0;
        _hasRange = false;
    }

    private bool Advance()
    {
        while (_reader.Position < _length && _changes.Read())
        {
            if (_changes.End != long.MaxValue)
            {
                return _hasRange = true;
            }
        }

        return _hasRange = false;
    }

    // What is not told of is zero.
    private static int Gap(long offset, long end, Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, end - offset);
        buffer[..count].Clear();
        return count;
    }

    private int Copy(long offset, Span<byte> buffer)
    {
        int count = (int)Math.Min(buffer.Length, _changes.End - offset);
        if (_changes.State == ExtentState.Zero)
        {
            buffer[..count].Clear();
        }
        else
        {
            _changes.ReadData().Slice((int)(offset - _changes.Offset), count).CopyTo(buffer);
        }

        return count;
    }
}
