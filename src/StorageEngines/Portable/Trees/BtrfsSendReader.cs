using System.Buffers.Binary;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Reads a Btrfs send stream, version 1 or 2, command by command and without an allocation per command. Every command's checksum is checked before
/// it is shown; the normal end means that the last stream had its END command and nothing but whole streams followed. Not thread-safe.
/// </summary>
/// <param name="input">The stream; read from where it stands, to its end. Stays the caller's.</param>
/// <param name="source">What the stream is called in messages.</param>
internal sealed class BtrfsSendReader(Stream input, string source)
{
    private readonly int[] _starts = new int[BtrfsSendFormat.HighestAttribute + 1];
    private readonly int[] _lengths = new int[BtrfsSendFormat.HighestAttribute + 1];
    private byte[] _payload = new byte[BtrfsSendFormat.MaximumCommandVersion1];
    private bool _inStream;

    /// <summary>The command read last; not END, which is kept to this class.</summary>
    internal BtrfsCommand Command { get; private set; }

    /// <summary>Where the command begins, in bytes from where the input stood at first.</summary>
    internal long CommandOffset { get; private set; }

    /// <summary>Where the next byte will be read.</summary>
    internal long Position { get; private set; }

    /// <summary>The version of the stream the command is in, 1 or 2.</summary>
    internal int Version { get; private set; }

    /// <summary>How many streams have begun.</summary>
    internal int Streams { get; private set; }

    /// <summary>Reads the next command; false after the end of the last stream.</summary>
    /// <exception cref="CorruptDataException">The stream is damaged, cut off, or followed by something else.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineReason.FormatTooNew"/>: a version this library does not read.</exception>
    internal bool Read()
    {
        while (true)
        {
            if (!_inStream && !ReadStreamHeader())
            {
                return false;
            }

            ReadCommand();
            if (Command != BtrfsCommand.End)
            {
                return true;
            }

            _inStream = false;
        }
    }

    /// <summary>Whether the command has an attribute.</summary>
    internal bool Has(BtrfsAttribute attribute) => _lengths[(int)attribute] >= 0;

    /// <summary>The bytes of an attribute; good until the next command is read.</summary>
    /// <exception cref="CorruptDataException">The command lacks it.</exception>
    internal ReadOnlySpan<byte> Bytes(BtrfsAttribute attribute)
        => Has(attribute)
            ? _payload.AsSpan(_starts[(int)attribute], _lengths[(int)attribute])
            : throw Corrupt(CommandOffset, $"command {Command} lacks its attribute {attribute}");

    /// <summary>An unsigned 64-bit number.</summary>
    internal ulong Number(BtrfsAttribute attribute) => BinaryPrimitives.ReadUInt64LittleEndian(Sized(attribute, 8));

    /// <summary>A number that counts bytes or a place in a file, 0 to 2^63-1.</summary>
    internal long Size(BtrfsAttribute attribute)
    {
        ulong value = Number(attribute);
        return value <= long.MaxValue ? (long)value : throw Damaged(attribute, $"{value} is more than a file can hold");
    }

    /// <summary>A number that has to fit 32 bits: an owner, a mode.</summary>
    internal uint Small(BtrfsAttribute attribute)
    {
        ulong value = Number(attribute);
        return value <= uint.MaxValue ? (uint)value : throw Damaged(attribute, $"{value} does not fit 32 bits");
    }

    /// <summary>An unsigned 32-bit number.</summary>
    internal uint Number32(BtrfsAttribute attribute) => BinaryPrimitives.ReadUInt32LittleEndian(Sized(attribute, 4));

    /// <summary>An instant.</summary>
    internal UnixTime Time(BtrfsAttribute attribute)
    {
        ReadOnlySpan<byte> bytes = Sized(attribute, 12);
        uint nanoseconds = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
        return nanoseconds <= 999_999_999
            ? new UnixTime(BinaryPrimitives.ReadInt64LittleEndian(bytes), (int)nanoseconds)
            : throw Damaged(attribute, $"{nanoseconds} nanoseconds are out of range");
    }

    /// <summary>A uuid, its bytes in the order of its text.</summary>
    internal Guid Uuid(BtrfsAttribute attribute) => new(Sized(attribute, 16), bigEndian: true);

    /// <summary>An error about the command read last.</summary>
    internal CorruptDataException Damaged(string detail) => Corrupt(CommandOffset, $"command {Command}: {detail}");

    private CorruptDataException Damaged(BtrfsAttribute attribute, string detail)
        => Corrupt(CommandOffset + BtrfsSendFormat.CommandHeaderLength + _starts[(int)attribute], $"command {Command}, attribute {attribute}: {detail}");

    private ReadOnlySpan<byte> Sized(BtrfsAttribute attribute, int length)
    {
        ReadOnlySpan<byte> bytes = Bytes(attribute);
        return bytes.Length == length ? bytes : throw Damaged(attribute, $"it has {bytes.Length} bytes, not {length}");
    }

    private bool ReadStreamHeader()
    {
        long at = Position;
        Span<byte> header = stackalloc byte[BtrfsSendFormat.StreamHeaderLength];
        int got = Fill(header);
        if (got == 0 && Streams > 0)
        {
            return false;
        }

        if (got < header.Length)
        {
            throw Corrupt(Position, got == 0 ? "the stream is empty" : at == 0 ? "the stream ends within its header" : "something follows the stream's END command");
        }

        if (!header.StartsWith(BtrfsSendFormat.Magic))
        {
            throw Corrupt(at, at == 0 ? "this is not a Btrfs send stream" : "something follows the stream's END command that is not another stream");
        }

        uint version = BinaryPrimitives.ReadUInt32LittleEndian(header[BtrfsSendFormat.Magic.Length..]);
        if (version is not (1 or 2))
        {
            throw new StorageEngineException(
                EngineStatus.Unimplemented, EngineReason.FormatTooNew, Recovery.FixRequest,
                $"{source}: byte {at + BtrfsSendFormat.Magic.Length}: Btrfs send stream version {version} is not supported; send it with version 1 or 2 ('btrfs send --proto 1').");
        }

        Version = (int)version;
        _inStream = true;
        Streams++;
        return true;
    }

    private void ReadCommand()
    {
        CommandOffset = Position;
        Span<byte> header = stackalloc byte[BtrfsSendFormat.CommandHeaderLength];
        if (Fill(header) is var got && got < header.Length)
        {
            throw Corrupt(Position, got == 0 ? "the stream ends without its END command; it was cut off" : "the stream ends within a command's header");
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        if (length > BtrfsSendFormat.MaximumPayload)
        {
            throw Corrupt(CommandOffset, $"a command of {length} bytes; at most {BtrfsSendFormat.MaximumPayload} are allowed");
        }

        if (_payload.Length < length)
        {
            _payload = new byte[Math.Max((int)length, 2 * _payload.Length)];
        }

        Span<byte> payload = _payload.AsSpan(0, (int)length);
        if (Fill(payload) < payload.Length)
        {
            throw Corrupt(Position, $"the stream ends within the command that began at byte {CommandOffset}");
        }

        uint stored = BinaryPrimitives.ReadUInt32LittleEndian(header[6..]);
        uint computed = BtrfsSendFormat.Checksum(header, payload);
        if (stored != computed)
        {
            throw Corrupt(CommandOffset, $"the command's checksum is {stored:x8}, its bytes give {computed:x8}");
        }

        Command = (BtrfsCommand)BinaryPrimitives.ReadUInt16LittleEndian(header[4..]);
        ParseAttributes(payload);
    }

    private void ParseAttributes(ReadOnlySpan<byte> payload)
    {
        _lengths.AsSpan().Fill(-1);
        int at = 0;
        while (at < payload.Length)
        {
            long offset = CommandOffset + BtrfsSendFormat.CommandHeaderLength + at;
            if (payload.Length - at < 2)
            {
                throw Corrupt(offset, "an attribute's header is cut off");
            }

            int type = BinaryPrimitives.ReadUInt16LittleEndian(payload[at..]);
            if (type is 0 or > BtrfsSendFormat.HighestAttribute)
            {
                throw Corrupt(offset, $"command {Command} has an attribute of unknown type {type}");
            }

            if (_lengths[type] >= 0)
            {
                throw Corrupt(offset, $"command {Command} has its attribute {(BtrfsAttribute)type} twice");
            }

            at += AttributeHeader(payload[at..], type, offset, out int length);
            _starts[type] = at;
            _lengths[type] = length;
            at += length;
        }
    }

    private int AttributeHeader(ReadOnlySpan<byte> rest, int type, long offset, out int length)
    {
        // From version 2 on data has no length: it is the last attribute and fills the command.
        if (Version >= 2 && type == (int)BtrfsAttribute.Data)
        {
            length = rest.Length - 2;
            return 2;
        }

        length = rest.Length >= 4 ? BinaryPrimitives.ReadUInt16LittleEndian(rest[2..]) : -1;
        return length >= 0 && length <= rest.Length - 4
            ? 4
            : throw Corrupt(offset, $"attribute {(BtrfsAttribute)type} goes beyond the end of its command");
    }

    private int Fill(Span<byte> buffer)
    {
        int got = input.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        Position += got;
        return got;
    }

    private CorruptDataException Corrupt(long offset, string detail) => new(source, offset, detail);
}
