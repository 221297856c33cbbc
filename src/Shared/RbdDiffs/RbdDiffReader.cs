using System.Buffers.Binary;

namespace StorageEngines.RbdDiffs;

/// <summary>
/// Reads an RBD diff of version 1 or 2, ours or another program's: the header, then record by record, each record's data in pieces. Memory is one small
/// buffer, whatever lengths the stream names. Every fault names the byte where it is. One thread; the input stays the caller's.
/// </summary>
internal sealed class RbdDiffReader : IDisposable
{
    private readonly RbdDiffInput _input;
    private int _version;
    private long _size;
    private long _end;
    private long _dataLeft;
    private byte? _pendingTag;
    private bool _isFull;
    private bool _isInRecord;

    /// <summary>Begins to read.</summary>
    /// <param name="input">The stream, at its banner.</param>
    /// <param name="source">Its name, for errors.</param>
    internal RbdDiffReader(Stream input, string source) => _input = new RbdDiffInput(input, source);

    /// <summary>Bytes read so far.</summary>
    internal long Position => _input.Position;

    /// <summary>True at the end if the stream had a checksum, which was right.</summary>
    internal bool Verified { get; private set; }

    /// <summary>At the end, which snapshots the stream says it is between behind its end record; null if it does not.</summary>
    internal RbdDiffSource? Source { get; private set; }

    /// <summary>Reads banner and metadata.</summary>
    /// <exception cref="CorruptDataException">It is not an RBD diff, or damaged.</exception>
    internal async ValueTask<RbdDiffHeader> ReadHeaderAsync(CancellationToken cancellationToken)
    {
        ReadOnlyMemory<byte> banner = await _input.TakeAsync(RbdDiffFormat.Banner1.Length, "the banner", cancellationToken).ConfigureAwait(false);
        _version = banner.Span.SequenceEqual(RbdDiffFormat.Banner1) ? 1 : banner.Span.SequenceEqual(RbdDiffFormat.Banner2) ? 2 : 0;
        if (_version == 0)
        {
            throw _input.Corrupt(0, "this is not an RBD diff of version 1 or 2.");
        }

        byte[]? from = null;
        byte[]? to = null;
        long? size = null;
        while (true)
        {
            long at = Position;
            byte tag = await TagAsync(cancellationToken).ConfigureAwait(false);
            switch (tag)
            {
                case RbdDiffFormat.From when from is null:
                    from = await NameAsync(at, cancellationToken).ConfigureAwait(false);
                    break;
                case RbdDiffFormat.To when to is null:
                    to = await NameAsync(at, cancellationToken).ConfigureAwait(false);
                    break;
                case RbdDiffFormat.Size when size is null:
                    size = await SizeAsync(at, cancellationToken).ConfigureAwait(false);
                    break;
                case RbdDiffFormat.From or RbdDiffFormat.To or RbdDiffFormat.Size:
                    throw _input.Corrupt(at, $"the record '{(char)tag}' comes twice.");
                case RbdDiffFormat.Write or RbdDiffFormat.Zero or RbdDiffFormat.End:
                    (_pendingTag, _isFull) = (tag, from is null);
                    _size = size ?? throw _input.Corrupt(at, "data begins before the size was said.");
                    return new RbdDiffHeader(_version, from, to, _size);
                default:
                    await SkipUnknownAsync(tag, at, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }
    }

    /// <summary>Reads the next record's head; data of the record before that was not read is skipped.</summary>
    /// <returns>The range to write or to clear, or null at the end of a whole stream.</returns>
    /// <exception cref="CorruptDataException">The stream is damaged or cut short.</exception>
    internal async ValueTask<Extent?> ReadRecordAsync(CancellationToken cancellationToken)
    {
        await _input.SkipAsync(_dataLeft, cancellationToken).ConfigureAwait(false);
        _dataLeft = 0;
        if (_isInRecord)
        {
            _input.EndRecord();
            _isInRecord = false;
        }

        while (true)
        {
            long at = _pendingTag is null ? Position : Position - 1;
            byte tag = _pendingTag ?? await TagAsync(cancellationToken).ConfigureAwait(false);
            _pendingTag = null;
            switch (tag)
            {
                case RbdDiffFormat.Write or RbdDiffFormat.Zero:
                    return await RangeAsync(tag, at, cancellationToken).ConfigureAwait(false);
                case RbdDiffFormat.End:
                    await EndAsync(cancellationToken).ConfigureAwait(false);
                    return null;
                case RbdDiffFormat.From or RbdDiffFormat.To or RbdDiffFormat.Size:
                    throw _input.Corrupt(at, $"the record '{(char)tag}' comes after data.");
                default:
                    await SkipUnknownAsync(tag, at, cancellationToken).ConfigureAwait(false);
                    break;
            }
        }
    }

    /// <summary>Reads data of the current record into a buffer.</summary>
    /// <returns>How many bytes; 0 when all of the record was read.</returns>
    /// <exception cref="CorruptDataException">The stream is cut short.</exception>
    internal async ValueTask<int> ReadDataAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int count = (int)Math.Min(buffer.Length, _dataLeft);
        await _input.FillAsync(buffer[..count], cancellationToken).ConfigureAwait(false);
        _dataLeft -= count;
        return count;
    }

    public void Dispose() => _input.Dispose();

    private async ValueTask EndAsync(CancellationToken cancellationToken)
    {
        RbdDiffTrailer? trailer = await _input.ReadTrailerAsync(cancellationToken).ConfigureAwait(false);
        (Verified, Source) = (trailer is not null, trailer?.Source);
        if (Source is not null && (Source.Base is null) != _isFull)
        {
            throw _input.Corrupt(Position, "what is behind the end record does not fit the names before the data.");
        }
    }

    private async ValueTask<byte> TagAsync(CancellationToken cancellationToken)
        => (await _input.TakeAsync(1, "a record", cancellationToken).ConfigureAwait(false)).Span[0];

    private async ValueTask<Extent> RangeAsync(byte tag, long at, CancellationToken cancellationToken)
    {
        long? recordBytes = await RecordBytesAsync(at, cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> range = await _input.TakeAsync(RbdDiffFormat.RangeBytes, "a range", cancellationToken).ConfigureAwait(false);
        ulong offset = BinaryPrimitives.ReadUInt64LittleEndian(range.Span);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(range.Span[8..]);
        if (length == 0 || offset > (ulong)_size || length > (ulong)_size - offset)
        {
            throw _input.Corrupt(at, $"a range of {length} bytes at {offset} is empty or not inside the size of {_size} bytes.");
        }

        var extent = new Extent((long)offset, (long)length, tag == RbdDiffFormat.Write ? ExtentState.Data : ExtentState.Zero);
        long data = tag == RbdDiffFormat.Write ? extent.Length : 0;
        if (extent.Offset < _end)
        {
            throw _input.Corrupt(at, $"the range {extent} comes after one that ends at {_end}.");
        }

        if (recordBytes is { } said && said - RbdDiffFormat.RangeBytes != data)
        {
            throw _input.Corrupt(at, $"the record says {said} bytes, which does not fit its range {extent}.");
        }

        _isInRecord = true;
        _end = extent.End;
        _dataLeft = data;
        return extent;
    }

    private async ValueTask<byte[]> NameAsync(long at, CancellationToken cancellationToken)
    {
        long? recordBytes = await RecordBytesAsync(at, cancellationToken).ConfigureAwait(false);
        uint length = BinaryPrimitives.ReadUInt32LittleEndian((await _input.TakeAsync(4, "a name", cancellationToken).ConfigureAwait(false)).Span);
        if (length > RbdDiffHeader.MaxNameBytes || (recordBytes is { } said && said != 4 + length))
        {
            throw _input.Corrupt(at, $"a name of {length} bytes is longer than {RbdDiffHeader.MaxNameBytes}, or does not fit its record.");
        }

        return (await _input.TakeAsync((int)length, "a name", cancellationToken).ConfigureAwait(false)).ToArray();
    }

    private async ValueTask<long> SizeAsync(long at, CancellationToken cancellationToken)
    {
        long? recordBytes = await RecordBytesAsync(at, cancellationToken).ConfigureAwait(false);
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian((await _input.TakeAsync(8, "the size", cancellationToken).ConfigureAwait(false)).Span);
        return size <= long.MaxValue && recordBytes is (null or 8)
            ? (long)size
            : throw _input.Corrupt(at, $"the size {size} is beyond 63 bits, or does not fit its record.");
    }

    /// <summary>The length behind a tag in version 2; null in version 1.</summary>
    private async ValueTask<long?> RecordBytesAsync(long at, CancellationToken cancellationToken)
    {
        if (_version == 1)
        {
            return null;
        }

        ulong length = BinaryPrimitives.ReadUInt64LittleEndian((await _input.TakeAsync(8, "a record's length", cancellationToken).ConfigureAwait(false)).Span);
        return length <= long.MaxValue ? (long)length : throw _input.Corrupt(at, $"a record of {length} bytes is beyond 63 bits.");
    }

    private async ValueTask SkipUnknownAsync(byte tag, long at, CancellationToken cancellationToken)
    {
        long length = await RecordBytesAsync(at, cancellationToken).ConfigureAwait(false)
            ?? throw _input.Corrupt(at, $"the record type 0x{tag:x2} is not known, and version 1 does not say how long it is.");
        await _input.SkipAsync(length, cancellationToken).ConfigureAwait(false);
    }
}
