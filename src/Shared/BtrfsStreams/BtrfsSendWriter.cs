using System.Buffers.Binary;

namespace StorageEngines.BtrfsStreams;

/// <summary>
/// Writes a Btrfs send stream. Commands gather in a buffer; call <see cref="DrainAsync"/> now and then, and
/// <see cref="CompleteAsync"/> at the end. Not thread-safe.
/// </summary>
/// <param name="output">Where the stream goes; stays the caller's.</param>
/// <param name="version">The stream's version, 1 or 2. Version 2 takes longer data in a command and the commands added by it. Default: 1.</param>
#if BTRFS_STREAMS_PUBLIC
public
#else
internal
#endif
sealed class BtrfsSendWriter(Stream output, int version = 1)
{
    private const int DrainAt = 256 << 10;

    private readonly int _maximumCommand = version == 1 ? BtrfsSendFormat.MaximumCommandVersion1 : BtrfsSendFormat.MaximumCommandVersion2;
    private readonly byte[] _buffer = new byte[DrainAt + BtrfsSendFormat.MaximumCommandVersion2];
    private int _used;
    private int _command;

    /// <summary>Bytes written so far, the buffered ones among them.</summary>
    public long Length { get; private set; }

    /// <summary>Commands written so far.</summary>
    public long Commands { get; private set; }

    /// <summary>Writes the stream's header.</summary>
    public void Header()
    {
        BtrfsSendFormat.Magic.CopyTo(_buffer);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(BtrfsSendFormat.Magic.Length), (uint)version);
        _used = BtrfsSendFormat.StreamHeaderLength;
        Length = _used;
    }

    /// <summary>Begins a command.</summary>
    /// <param name="command">Which.</param>
    /// <returns>This writer.</returns>
    public BtrfsSendWriter Begin(BtrfsCommand command)
    {
        _command = _used;
        _used += BtrfsSendFormat.CommandHeaderLength;
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_command + 4), (ushort)command);
        return this;
    }

    /// <summary>Adds bytes: a path, a value, data. In version 2 data has to be a command's last attribute.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <param name="bytes">Its bytes.</param>
    /// <returns>This writer.</returns>
    /// <exception cref="StorageEngineException">The command would be longer than other readers take.</exception>
    public BtrfsSendWriter Add(BtrfsAttribute attribute, ReadOnlySpan<byte> bytes)
    {
        bool bare = version >= 2 && attribute == BtrfsAttribute.Data;
        if (_used - _command + 4 + bytes.Length > _maximumCommand || (!bare && bytes.Length > ushort.MaxValue))
        {
            throw new StorageEngineException(
                EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest,
                $"A {attribute} of {bytes.Length} bytes does not fit a command of the Btrfs send stream ({_maximumCommand >> 10} KiB); export as tar instead.");
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_used), (ushort)attribute);
        _used += 2;
        if (!bare)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_used), (ushort)bytes.Length);
            _used += 2;
        }

        bytes.CopyTo(_buffer.AsSpan(_used));
        _used += bytes.Length;
        return this;
    }

    /// <summary>Adds a 64-bit number.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <param name="value">The number.</param>
    /// <returns>This writer.</returns>
    public BtrfsSendWriter Add(BtrfsAttribute attribute, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Add(attribute, bytes);
    }

    /// <summary>Adds a 32-bit number.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <param name="value">The number.</param>
    /// <returns>This writer.</returns>
    public BtrfsSendWriter Add32(BtrfsAttribute attribute, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        return Add(attribute, bytes);
    }

    /// <summary>Adds a uuid.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <param name="value">The uuid.</param>
    /// <returns>This writer.</returns>
    public BtrfsSendWriter Add(BtrfsAttribute attribute, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Add(attribute, bytes);
    }

    /// <summary>Adds an instant.</summary>
    /// <param name="attribute">The attribute.</param>
    /// <param name="value">The instant.</param>
    /// <returns>This writer.</returns>
    public BtrfsSendWriter Add(BtrfsAttribute attribute, UnixTime value)
    {
        Span<byte> bytes = stackalloc byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value.Seconds);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], value.Nanoseconds);
        return Add(attribute, bytes);
    }

    /// <summary>Ends the command: sets its length and checksum.</summary>
    public void End()
    {
        Span<byte> command = _buffer.AsSpan(_command, _used - _command);
        BinaryPrimitives.WriteInt32LittleEndian(command, command.Length - BtrfsSendFormat.CommandHeaderLength);
        BinaryPrimitives.WriteUInt32LittleEndian(command[6..], BtrfsSendFormat.Checksum(command));
        Length += command.Length;
        Commands++;
    }

    /// <summary>Hands the buffered commands on once there are enough of them. To be called between commands, at least once per 256 KiB.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when they are handed on.</returns>
    public async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        if (_used >= DrainAt - BtrfsSendFormat.MaximumCommandVersion2)
        {
            await FlushAsync(cancellationToken);
        }
    }

    /// <summary>Writes the END command and hands everything on.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when they are handed on.</returns>
    public async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        Begin(BtrfsCommand.End).End();
        await FlushAsync(cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(_buffer.AsMemory(0, _used), cancellationToken);
        _used = 0;
    }
}
