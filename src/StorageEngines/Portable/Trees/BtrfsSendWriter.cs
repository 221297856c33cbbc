using System.Buffers.Binary;

namespace StorageEngines.Portable.Trees;

/// <summary>
/// Writes a Btrfs send stream, version 1. Commands gather in a buffer; call <see cref="DrainAsync"/> now and then, and
/// <see cref="CompleteAsync"/> at the end. Not thread-safe.
/// </summary>
/// <param name="output">Where the stream goes; stays the caller's.</param>
internal sealed class BtrfsSendWriter(Stream output)
{
    private const int DrainAt = 256 << 10;

    private readonly byte[] _buffer = new byte[DrainAt + BtrfsSendFormat.MaximumCommandVersion1];
    private int _used;
    private int _command;

    /// <summary>Bytes written so far, the buffered ones among them.</summary>
    internal long Length { get; private set; }

    /// <summary>Commands written so far.</summary>
    internal long Commands { get; private set; }

    /// <summary>Writes the stream's header.</summary>
    internal void Header()
    {
        BtrfsSendFormat.Magic.CopyTo(_buffer);
        BinaryPrimitives.WriteUInt32LittleEndian(_buffer.AsSpan(BtrfsSendFormat.Magic.Length), 1);
        _used = BtrfsSendFormat.StreamHeaderLength;
        Length = _used;
    }

    /// <summary>Begins a command.</summary>
    internal BtrfsSendWriter Begin(BtrfsCommand command)
    {
        _command = _used;
        _used += BtrfsSendFormat.CommandHeaderLength;
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_command + 4), (ushort)command);
        return this;
    }

    /// <summary>Adds bytes: a path, a value, data.</summary>
    /// <exception cref="StorageEngineException">The command would be longer than other readers take.</exception>
    internal BtrfsSendWriter Add(BtrfsAttribute attribute, ReadOnlySpan<byte> bytes)
    {
        if (_used - _command + 4 + bytes.Length > BtrfsSendFormat.MaximumCommandVersion1)
        {
            throw new StorageEngineException(
                EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest,
                $"A {attribute} of {bytes.Length} bytes does not fit a command of the Btrfs send stream (64 KiB); export as tar instead.");
        }

        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_used), (ushort)attribute);
        BinaryPrimitives.WriteUInt16LittleEndian(_buffer.AsSpan(_used + 2), (ushort)bytes.Length);
        bytes.CopyTo(_buffer.AsSpan(_used + 4));
        _used += 4 + bytes.Length;
        return this;
    }

    /// <summary>Adds a 64-bit number.</summary>
    internal BtrfsSendWriter Add(BtrfsAttribute attribute, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return Add(attribute, bytes);
    }

    /// <summary>Adds a uuid.</summary>
    internal BtrfsSendWriter Add(BtrfsAttribute attribute, Guid value)
    {
        Span<byte> bytes = stackalloc byte[16];
        value.TryWriteBytes(bytes, bigEndian: true, out _);
        return Add(attribute, bytes);
    }

    /// <summary>Adds an instant.</summary>
    internal BtrfsSendWriter Add(BtrfsAttribute attribute, UnixTime value)
    {
        Span<byte> bytes = stackalloc byte[12];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value.Seconds);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], value.Nanoseconds);
        return Add(attribute, bytes);
    }

    /// <summary>Ends the command: sets its length and checksum.</summary>
    internal void End()
    {
        Span<byte> header = _buffer.AsSpan(_command, BtrfsSendFormat.CommandHeaderLength);
        ReadOnlySpan<byte> payload = _buffer.AsSpan(_command + header.Length, _used - _command - header.Length);
        BinaryPrimitives.WriteInt32LittleEndian(header, payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header[6..], BtrfsSendFormat.Checksum(header, payload));
        Length += header.Length + payload.Length;
        Commands++;
    }

    /// <summary>Hands the buffered commands on once there are enough of them. To be called between commands, at least once per 256 KiB.</summary>
    internal async ValueTask DrainAsync(CancellationToken cancellationToken)
    {
        if (_used >= DrainAt - BtrfsSendFormat.MaximumCommandVersion1)
        {
            await FlushAsync(cancellationToken);
        }
    }

    /// <summary>Writes the END command and hands everything on.</summary>
    internal async ValueTask CompleteAsync(CancellationToken cancellationToken)
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
