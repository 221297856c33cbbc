using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace StorageEngines.Zfs.Streams;

/// <summary>
/// Reads what <c>zfs send</c> writes, one stream or a package of streams, record by record and without an allocation per record. The normal end means that every
/// stream had its END record and that nothing followed. The checksum in a record covers all that came before it: so a block is only known to be sound once
/// the next record was read, and the whole once <see cref="Read"/> gave false. Not thread-safe.
/// </summary>
/// <param name="input">The stream; read in large pieces from where it stands, to its end. Stays the caller's.</param>
/// <param name="source">What the stream is called in messages.</param>
/// <param name="verify">Checks the checksums. Default: true; without it, records are still checked for sense and the stream for its end.</param>
/// <param name="keepPayloads">
/// Keeps the payload of a record for <see cref="Payload"/>. Default: true; without it, payloads go by in pieces, and memory stays at 256 KiB however large blocks are.
/// </param>
/// <param name="bufferBytes">Bytes of the buffer at first; a multiple of 4, at least a record's. Default: 256 KiB.</param>
internal sealed class ZfsSendReader(
    Stream input, string source, bool verify = true, bool keepPayloads = true, int bufferBytes = ZfsSendReader.DefaultBufferBytes)
{
    internal const int DefaultBufferBytes = 256 << 10;

    private readonly byte[] _record = new byte[ZfsStreamFormat.RecordBytes];
    private readonly StreamBuffer _input = new(input, bufferBytes);
    private int _kept;
    private Fletcher4 _sum;
    private Place _place;
    private bool _inPackage;

    // What may come next.
    private enum Place
    {
        Start,
        PackageHead,
        Package,
        Stream,
        Finished,
    }

    /// <summary>The type of the record read last.</summary>
    internal ZfsRecordType Type { get; private set; }

    /// <summary>Where the record begins, in bytes from where the input stood at first.</summary>
    internal long RecordOffset { get; private set; }

    /// <summary>Where the next record begins.</summary>
    internal long Position => _input.Position;

    /// <summary>The sender's byte order is not this machine's.</summary>
    internal bool Swapped { get; private set; }

    /// <summary>The BEGIN record of the stream or package that the record is in.</summary>
    internal ZfsBegin Begin { get; private set; } = null!;

    /// <summary>The BEGIN record of the package that the stream is in, or null.</summary>
    internal ZfsBegin? Package { get; private set; }

    /// <summary>The record read last; good until the next one is read.</summary>
    internal ZfsRecordView Record => new(_record, Swapped);

    /// <summary>What follows the record, if payloads are kept; good until the next record is read. After BEGIN, a name-value list, in either case.</summary>
    internal ReadOnlySpan<byte> Payload => _input.Last(_kept);

    /// <summary>Bytes that follow the record, kept or not.</summary>
    internal int PayloadBytes { get; private set; }

    /// <summary>Reads the next record.</summary>
    /// <returns>False after the end.</returns>
    /// <exception cref="CorruptDataException">The stream is damaged, cut off, or followed by something else.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineReason.FormatTooNew"/>: it makes use of something this library does not know.</exception>
    internal bool Read()
    {
        RecordOffset = Position;
        _kept = 0;
        int got = _input.Ensure(ZfsStreamFormat.RecordBytes);
        if (_place == Place.Finished)
        {
            return got == 0 ? false : throw Corrupt(RecordOffset, "something follows the END record of the stream");
        }

        if (got < ZfsStreamFormat.RecordBytes)
        {
            throw Corrupt(RecordOffset + got, Cut(got));
        }

        _input.Take(ZfsStreamFormat.RecordBytes).CopyTo(_record);
        ReadType();
        PayloadBytes = ZfsRecordRules.Payload(Type, Record, out int at, out string? wrong);
        if (wrong is not null)
        {
            throw Damaged(at, wrong);
        }

        CheckGuid();
        SumRecord();
        ReadPayload();
        Advance();
        return true;
    }

    /// <summary>The name-value list of the BEGIN record read last.</summary>
    /// <returns>The list; empty if there is none.</returns>
    /// <exception cref="CorruptDataException">It is damaged.</exception>
    internal NameValueList ReadList()
        => Type == ZfsRecordType.Begin
            ? NameValueList.Parse(Payload, source, RecordOffset + ZfsStreamFormat.RecordBytes)
            : throw new InvalidOperationException("Only a BEGIN record has a list.");

    /// <summary>An error about the record read last.</summary>
    /// <param name="at">Where in the record, in bytes.</param>
    /// <param name="detail">What is wrong with it.</param>
    /// <returns>The error, to be thrown.</returns>
    internal CorruptDataException Damaged(int at, string detail) => Corrupt(RecordOffset + at, $"record {ZfsStreamFormat.Name(Type)}: {detail}");

    private string Cut(int got)
    {
        string where = got == 0 ? "" : " within a record";
        return _place switch
        {
            Place.Start => got == 0 ? "the stream is empty" : "the stream ends within its first record",
            Place.Package => $"the package ends{where} before its last END record; it was cut off",
            _ => $"the stream ends{where} before its END record; it was cut off",
        };
    }

    private void ReadType()
    {
        if (_place == Place.Start)
        {
            Swapped = ByteOrder();
        }

        uint type = new ZfsRecordView(_record, Swapped).U32(0);
        if (type > (uint)ZfsRecordType.Redact)
        {
            throw Corrupt(RecordOffset, $"a record of unknown type {type}");
        }

        Type = (ZfsRecordType)type;
        bool fits = _place switch
        {
            Place.Start => Type == ZfsRecordType.Begin,
            Place.PackageHead => Type == ZfsRecordType.End,
            Place.Package => Type is ZfsRecordType.Begin or ZfsRecordType.End,
            _ => Type != ZfsRecordType.Begin,
        };
        if (!fits)
        {
            throw Damaged(0, _place == Place.Stream ? "a stream begins within a stream" : "there is no stream for it to be in");
        }

        if (Type == ZfsRecordType.Begin)
        {
            ReadBegin();
        }
    }

    private bool ByteOrder()
    {
        ulong magic = MemoryMarshal.Read<ulong>(_record.AsSpan(8));
        return magic == ZfsStreamFormat.Magic ? false
            : BinaryPrimitives.ReverseEndianness(magic) == ZfsStreamFormat.Magic ? true
            : throw Corrupt(RecordOffset, "this is not a ZFS send stream");
    }

    private void ReadBegin()
    {
        if (Record.U64(8) != ZfsStreamFormat.Magic)
        {
            throw Damaged(8, $"its mark is {Record.U64(8):x}, not {ZfsStreamFormat.Magic:x}");
        }

        Begin = ZfsBegin.Read(Record);
        if (Begin.IsPackage && _place == Place.Package)
        {
            throw Damaged(16, "a package within a package");
        }

        if ((Begin.Features & ~ZfsStreamFormat.KnownFeatures) is var unknown && unknown != 0)
        {
            throw new StorageEngineException(
                EngineStatus.Unimplemented, EngineReason.FormatTooNew, Recovery.FixRequest,
                $"{source}: byte {RecordOffset + 16}: the stream makes use of features 0x{(ulong)unknown:x}, which this library does not know; send it without them (fewer flags to 'zfs send').");
        }

        _sum = default;
    }

    // A record of another snapshot's stream: cut and joined files have these, and checksums, where they are not looked at, do not find it.
    private void CheckGuid()
    {
        if (Type != ZfsRecordType.Begin && Record.U64(ZfsStreamFormat.GuidOffset(Type)) is var guid && guid != 0 && guid != Begin.ToGuid)
        {
            throw Damaged(ZfsStreamFormat.GuidOffset(Type), $"it is of the snapshot with guid {guid}, not of {Begin.ToGuid}");
        }
    }

    private void SumRecord()
    {
        if (!verify)
        {
            return;
        }

        Fletcher4 before = _sum;
        _sum.Add(_record.AsSpan(0, ZfsStreamFormat.ChecksumOffset), Swapped);
        if (Type != ZfsRecordType.Begin && _place != Place.Package)
        {
            // Senders before ZFS 0.6.5 leave it out; the one in END was always there.
            Fletcher4 stored = Record.Checksum(ZfsStreamFormat.ChecksumOffset);
            Expect(stored.IsZero ? _sum : stored, _sum, ZfsStreamFormat.ChecksumOffset);
            if (Type == ZfsRecordType.End)
            {
                Expect(Record.Checksum(8), before, 8);
            }
        }

        _sum.Add(_record.AsSpan(ZfsStreamFormat.ChecksumOffset), Swapped);
    }

    private void Expect(in Fletcher4 stored, in Fletcher4 computed, int at)
    {
        if (!stored.Equals(computed))
        {
            throw Damaged(at, $"the checksum of all before it is {stored}, the bytes give {computed}");
        }
    }

    private void ReadPayload()
    {
        if (keepPayloads || Type == ZfsRecordType.Begin)
        {
            Take(PayloadBytes, PayloadBytes);
            _kept = PayloadBytes;
            return;
        }

        for (int left = PayloadBytes; left > 0;)
        {
            // Pieces of whole words, for the checksum's sake.
            int here = _input.Here & ~3;
            int piece = Math.Min(left, here > 0 ? here : bufferBytes);
            Take(piece, left);
            left -= piece;
        }
    }

    private void Take(int bytes, int left)
    {
        if (_input.Ensure(bytes) is var got && got < bytes)
        {
            throw Corrupt(Position + got, $"the stream ends {left - got} bytes before the end of record {ZfsStreamFormat.Name(Type)}, which began at byte {RecordOffset}; it was cut off");
        }

        ReadOnlySpan<byte> piece = _input.Take(bytes);
        if (verify)
        {
            _sum.Add(piece, Swapped);
        }
    }

    private void Advance()
    {
        if (Type == ZfsRecordType.Begin)
        {
            _inPackage |= Begin.IsPackage;
            Package = Begin.IsPackage ? Begin : Package;
            _place = Begin.IsPackage ? Place.PackageHead : Place.Stream;
        }
        else if (Type == ZfsRecordType.End)
        {
            _place = _inPackage && _place != Place.Package ? Place.Package : Place.Finished;
        }
    }

    private CorruptDataException Corrupt(long offset, string detail) => new(source, offset, detail);
}
