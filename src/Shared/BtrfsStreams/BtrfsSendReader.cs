using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace StorageEngines.BtrfsStreams;

/// <summary>
/// Reads a Btrfs send stream, version 1 or 2, command by command and without an allocation per command. Every command's checksum is checked before
/// it is shown; the normal end means that the last stream had its END command and nothing but whole streams followed. Not thread-safe.
/// </summary>
#if BTRFS_STREAMS_PUBLIC
public
#else
internal
#endif
sealed class BtrfsSendReader
{
    private readonly IRefill _input;
    private readonly string _source;
    private readonly int[] _starts = new int[BtrfsSendFormat.HighestAttribute + 1];
    private readonly int[] _lengths = new int[BtrfsSendFormat.HighestAttribute + 1];
    private byte[] _buffer = [];
    private int _next;
    private int _end;
    private long _origin;
    private int _payload;
    private ulong _present;
    private bool _inStream;

    /// <summary>Makes a reader.</summary>
    /// <param name="input">The stream; read in large pieces from where it stands, to its end. Stays the caller's.</param>
    /// <param name="source">What the stream is called in messages.</param>
    public BtrfsSendReader(Stream input, string source)
        : this(new StreamRefill(input), source)
    {
    }

    private BtrfsSendReader(IRefill input, string source) => (_input, _source) = (input, source);

    /// <summary>
    /// A reader that reads the stream ahead in the background while a piece of it is worked on: for long streams with data. Takes 1 MiB more than one by the constructor; of a
    /// <see cref="FileStream"/> that can seek, which is read by two threads, 3 MiB.
    /// </summary>
    /// <param name="input">The stream; stays the caller's. After a cancel or an error a read of it may still be under way; it ends when the stream is disposed, at the latest. A file's position is at the end of it afterwards, and undefined meanwhile.</param>
    /// <param name="source">What the stream is called in messages.</param>
    /// <param name="cancellationToken">Ends a read that waits: <see cref="Read"/> throws <see cref="OperationCanceledException"/>. Default: none.</param>
    /// <returns>The reader.</returns>
    public static BtrfsSendReader ReadAhead(Stream input, string source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        return input is FileStream { CanSeek: true } file && file.GetType() == typeof(FileStream)
            ? new BtrfsSendReader(new FileRefill(file, cancellationToken), source)
            : new BtrfsSendReader(new AheadStream(input, cancellationToken), source);
    }

    /// <summary>The command read last; not END, which is kept to this class.</summary>
    public BtrfsCommand Command { get; private set; }

    /// <summary>Where the command begins, in bytes from where the input stood at first.</summary>
    public long CommandOffset => _origin + _payload - BtrfsSendFormat.CommandHeaderLength;

    /// <summary>Where the next command begins.</summary>
    public long Position => _origin + _next;

    /// <summary>The version of the stream the command is in, 1 or 2.</summary>
    public int Version { get; private set; }

    /// <summary>How many streams have begun.</summary>
    public int Streams { get; private set; }

    /// <summary>The whole command as it is in the stream, header and all; good until the next one is read.</summary>
    internal ReadOnlySpan<byte> Raw => _buffer.AsSpan(_payload - BtrfsSendFormat.CommandHeaderLength, _next - _payload + BtrfsSendFormat.CommandHeaderLength);

    /// <summary>Reads the next command.</summary>
    /// <returns>False after the end of the last stream.</returns>
    /// <exception cref="CorruptDataException">The stream is damaged, cut off, or followed by something else.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineReason.FormatTooNew"/>: a version this library does not read.</exception>
    public bool Read()
    {
        while (_inStream || ReadStreamHeader())
        {
            ReadCommand();
            if (Command != BtrfsCommand.End)
            {
                return true;
            }

            _inStream = false;
        }

        return false;
    }

    /// <summary>Whether the command has an attribute.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <returns>True if it has.</returns>
    public bool Has(BtrfsAttribute attribute) => (_present >> (int)attribute & 1) != 0;

    /// <summary>The bytes of an attribute; good until the next command is read.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="CorruptDataException">The command lacks it.</exception>
    public ReadOnlySpan<byte> Bytes(BtrfsAttribute attribute)
        => Has(attribute)
            ? _buffer.AsSpan(_starts[(int)attribute], _lengths[(int)attribute])
            : throw Corrupt(CommandOffset, $"command {Command} lacks its attribute {attribute}");

    /// <summary>An unsigned 64-bit number.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <returns>The number.</returns>
    /// <exception cref="CorruptDataException">The command lacks it, or it is of another size.</exception>
    public ulong Number(BtrfsAttribute attribute) => BinaryPrimitives.ReadUInt64LittleEndian(Sized(attribute, 8));

    /// <summary>A number that counts bytes or a place in a file.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <returns>0 to 2^63-1.</returns>
    /// <exception cref="CorruptDataException">The command lacks it, or it is out of range.</exception>
    public long Size(BtrfsAttribute attribute)
    {
        ulong value = Number(attribute);
        return value <= long.MaxValue ? (long)value : throw Damaged(attribute, $"{value} is more than a file can hold");
    }

    /// <summary>A number of 64 bits that has to fit 32: an owner, a mode.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <returns>The number.</returns>
    /// <exception cref="CorruptDataException">The command lacks it, or it is out of range.</exception>
    public uint Small(BtrfsAttribute attribute)
    {
        ulong value = Number(attribute);
        return value <= uint.MaxValue ? (uint)value : throw Damaged(attribute, $"{value} does not fit 32 bits");
    }

    /// <summary>An unsigned 32-bit number.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <returns>The number.</returns>
    /// <exception cref="CorruptDataException">The command lacks it, or it is of another size.</exception>
    public uint Number32(BtrfsAttribute attribute) => BinaryPrimitives.ReadUInt32LittleEndian(Sized(attribute, 4));

    /// <summary>An instant.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <returns>The instant.</returns>
    /// <exception cref="CorruptDataException">The command lacks it, or it is no instant.</exception>
    public UnixTime Time(BtrfsAttribute attribute)
    {
        ReadOnlySpan<byte> bytes = Sized(attribute, 12);
        uint nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        return nanoseconds <= 999_999_999
            ? new UnixTime(BinaryPrimitives.ReadInt64LittleEndian(bytes), (int)nanoseconds)
            : throw Damaged(attribute, $"{nanoseconds} nanoseconds are out of range");
    }

    /// <summary>A uuid, its bytes in the order of its text.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <returns>The uuid.</returns>
    /// <exception cref="CorruptDataException">The command lacks it, or it is of another size.</exception>
    public Guid Uuid(BtrfsAttribute attribute) => new(Sized(attribute, 16), bigEndian: true);

    /// <summary>An error about the command read last.</summary>
    /// <param name="detail">What is wrong with it.</param>
    /// <returns>The error, to be thrown.</returns>
    public CorruptDataException Damaged(string detail) => Corrupt(CommandOffset, $"command {Command}: {detail}");

    private CorruptDataException Damaged(BtrfsAttribute attribute, string detail)
        => Corrupt(_origin + _starts[(int)attribute], $"command {Command}, attribute {attribute}: {detail}");

    private ReadOnlySpan<byte> Sized(BtrfsAttribute attribute, int length)
    {
        ReadOnlySpan<byte> bytes = Bytes(attribute);
        return bytes.Length == length ? bytes : throw Damaged(attribute, $"it has {bytes.Length} bytes, not {length}");
    }

    private bool ReadStreamHeader()
    {
        long at = Position;
        int got = Buffered(BtrfsSendFormat.StreamHeaderLength);
        if (got == 0 && Streams > 0)
        {
            return false;
        }

        if (got < BtrfsSendFormat.StreamHeaderLength)
        {
            throw Corrupt(at + got, got == 0 ? "the stream is empty" : at == 0 ? "the stream ends within its header" : "something follows the stream's END command");
        }

        ReadOnlySpan<byte> header = _buffer.AsSpan(_next, BtrfsSendFormat.StreamHeaderLength);
        if (!header.StartsWith(BtrfsSendFormat.Magic))
        {
            throw Corrupt(at, at == 0 ? "this is not a Btrfs send stream" : "something follows the stream's END command that is not another stream");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[BtrfsSendFormat.Magic.Length..]);
        if (version is not (1 or 2))
        {
            throw new StorageEngineException(
                EngineStatus.Unimplemented, EngineReason.FormatTooNew, Recovery.FixRequest,
                $"{_source}: byte {at + BtrfsSendFormat.Magic.Length}: Btrfs send stream version {version} is not supported; send it with version 1 or 2 ('btrfs send --proto 1').");
        }

        _next += BtrfsSendFormat.StreamHeaderLength;
        Version = (int)version;
        _inStream = true;
        Streams++;
        return true;
    }

    private void ReadCommand()
    {
        int got = Buffered(BtrfsSendFormat.CommandHeaderLength);
        if (got < BtrfsSendFormat.CommandHeaderLength)
        {
            throw Corrupt(Position + got, got == 0 ? "the stream ends without its END command; it was cut off" : "the stream ends within a command's header");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(_buffer.AsSpan(_next));
        if (length > BtrfsSendFormat.MaximumPayload)
        {
            throw Corrupt(Position, $"a command of {length} bytes; at most {BtrfsSendFormat.MaximumPayload} are allowed");
        }

        int whole = BtrfsSendFormat.CommandHeaderLength + (int)length;
        if (Buffered(whole) is var available && available < whole)
        {
            throw Corrupt(Position + available, $"the stream ends within the command that began at byte {Position}");
        }

        ReadOnlySpan<byte> command = _buffer.AsSpan(_next, whole);
        _payload = _next + BtrfsSendFormat.CommandHeaderLength;
        _next += whole;
        Command = (BtrfsCommand)BinaryPrimitives.ReadUInt16LittleEndian(command[4..]);
        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(command[6..]);
        uint computed = BtrfsSendFormat.Checksum(command);
        if (stored != computed)
        {
            throw Corrupt(CommandOffset, $"the command's checksum is {stored:x8}, its bytes give {computed:x8}");
        }

        ParseAttributes();
    }

    private void ParseAttributes()
    {
        ReadOnlySpan<byte> bytes = _buffer.AsSpan(0, _next);
        int at = _payload;
        ulong present = 0;
        while (at < bytes.Length)
        {
            int type = bytes.Length - at >= 2 ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]) : throw Corrupt(_origin + at, "an attribute's header is cut off");
            if (type is 0 or > BtrfsSendFormat.HighestAttribute || (present >> type & 1) != 0)
            {
                throw BadAttribute(at, type);
            }

            int start = at + 4;
            int length;
            if (type == (int)BtrfsAttribute.Data && Version >= 2)
            {
                // From version 2 on data has no length: it is the last attribute and fills the command.
                start = at + 2;
                length = bytes.Length - start;
            }
            else
            {
                length = bytes.Length >= start ? BinaryPrimitives.ReadUInt16LittleEndian(bytes[(at + 2)..]) : int.MaxValue;
                if (length > bytes.Length - start)
                {
                    throw Corrupt(_origin + at, $"attribute {(BtrfsAttribute)type} goes beyond the end of its command");
                }
            }

            present |= 1UL << type;
            _starts[type] = start;
            _lengths[type] = length;
            at = start + length;
        }

        _present = present;
    }

    private CorruptDataException BadAttribute(int at, int type)
        => Corrupt(
            _origin + at,
            type is 0 or > BtrfsSendFormat.HighestAttribute
                ? $"command {Command} has an attribute of unknown type {type}"
                : $"command {Command} has its attribute {(BtrfsAttribute)type} twice");

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Buffered(int wanted) => _end - _next >= wanted ? wanted : Fill(wanted);

    private int Fill(int wanted)
    {
        int before = _next;
        _input.Fill(ref _buffer, ref _next, ref _end, wanted);
        _origin += before - _next;
        _payload -= before - _next;
        return Math.Min(_end - _next, wanted);
    }

    private CorruptDataException Corrupt(long offset, string detail) => new(_source, offset, detail);
}
