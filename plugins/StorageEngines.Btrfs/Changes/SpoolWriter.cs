using System.Buffers;
using System.Buffers.Binary;

namespace StorageEngines.Btrfs.Changes;

/// <summary>Writes the numbers of a record, the small ones short.</summary>
internal sealed class SpoolWriter(ChangeSpool spool)
{
    private const int FlushAt = 4096;
    private const int LongestNumber = 10;

    private readonly ArrayBufferWriter<byte> _record = new(2 * FlushAt);

    internal void Number(ulong value)
    {
        Span<byte> bytes = _record.GetSpan(LongestNumber);
        int at = 0;
        while (value >= 0x80)
        {
            bytes[at++] = (byte)((value & 0x7F) | 0x80);
            value >>= 7;
        }

        bytes[at++] = (byte)value;
        _record.Advance(at);
        if (_record.WrittenCount >= FlushAt)
        {
            Flush();
        }
    }

    internal void Bytes(ReadOnlySpan<byte> bytes)
    {
        Number((ulong)bytes.Length);
        _record.Write(bytes);
    }

    internal void Signed(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(_record.GetSpan(8), value);
        _record.Advance(8);
    }

    /// <summary>Hands on what was written.</summary>
    internal void Flush()
    {
        spool.Write(_record.WrittenSpan);
        _record.ResetWrittenCount();
    }
}
