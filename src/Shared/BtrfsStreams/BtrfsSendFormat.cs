using System.Buffers.Binary;
using System.Numerics;
using StorageEngines.Checksums;

namespace StorageEngines.BtrfsStreams;

/// <summary>Sizes and checksums of the Btrfs send stream. The format: btrfs-progs, Documentation/dev/dev-send-stream.rst.</summary>
internal static class BtrfsSendFormat
{
    /// <summary>Bytes of the magic and the version.</summary>
    internal const int StreamHeaderLength = 17;

    /// <summary>Bytes before a command's payload: length u32, command u16, CRC-32C u32.</summary>
    internal const int CommandHeaderLength = 10;

    /// <summary>The longest payload that is read. Version 1 stays under 64 KiB, version 2 under about 150 KiB; this leaves room and bounds memory.</summary>
    internal const int MaximumPayload = 16 << 20;

    /// <summary>The longest command, header included, that other readers of version 1 take.</summary>
    internal const int MaximumCommandVersion1 = 64 << 10;

    /// <summary>The longest command of version 2 that the kernel writes: a compressed extent of 128 KiB and 16 KiB for the rest.</summary>
    internal const int MaximumCommandVersion2 = 144 << 10;

    /// <summary>Data bytes in one write command of version 1, as the kernel cuts them.</summary>
    internal const int WriteChunk = 48 << 10;

    /// <summary>The highest attribute number of versions 1 to 3.</summary>
    internal const int HighestAttribute = 35;

    /// <summary>What a stream begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => "btrfs-stream\0"u8;

    /// <summary>The CRC-32C of a whole command, whose own field counts as zero. Begins at 0 and is not inverted, unlike the usual CRC-32C.</summary>
    internal static uint Checksum(ReadOnlySpan<byte> command)
    {
        const ulong LengthAndKind = 0x0000_FFFF_FFFF_FFFF;
        uint crc = BitOperations.Crc32C(0, BinaryPrimitives.ReadUInt64LittleEndian(command) & LengthAndKind);
        crc = BitOperations.Crc32C(crc, (ushort)0);
        return LinearCrc32C.Append(crc, command[CommandHeaderLength..]);
    }
    /// <summary>Sets the checksum of a whole command that was changed.</summary>
    internal static void Seal(Span<byte> command) => BinaryPrimitives.WriteUInt32LittleEndian(command[6..], Checksum(command));
}
