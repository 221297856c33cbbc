using System.Runtime.CompilerServices;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Reads foreign bytes; every step is checked, and an error names the object and the place.</summary>
internal ref struct SpanReader(ReadOnlySpan<byte> bytes, string source, long baseOffset, int position = 0)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read so far.</summary>
    internal int Position { get; private set; } = position;

    /// <summary>Nothing is left.</summary>
    internal readonly bool AtEnd => Position == _bytes.Length;

    /// <summary>Bytes left.</summary>
    internal readonly int Remaining => _bytes.Length - Position;

    /// <summary>Reads one byte.</summary>
    internal byte ReadByte() => Position < _bytes.Length ? _bytes[Position++] : throw Corrupt("the bytes end within a record");

    /// <summary>Reads bytes.</summary>
    internal ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (count < 0 || count > _bytes.Length - Position)
            throw Corrupt("a length points beyond the end");
        ReadOnlySpan<byte> result = _bytes.Slice(Position, count);
        Position += count;
        return result;
    }

    /// <summary>Reads a length that has to lie within the rest, and gives its place.</summary>
    internal Range ReadBlob()
    {
        ulong length = ReadVarint();
        if (length > (ulong)(_bytes.Length - Position))
            throw Corrupt("a length points beyond the end");
        int start = Position;
        Position += (int)length;
        return start..Position;
    }

    /// <summary>Reads a number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong ReadVarint()
    {
        int at = Position;
        if (at < _bytes.Length && _bytes[at] < 0x80)
        {
            Position = at + 1;
            return _bytes[at];
        }
        return ReadLongVarint();
    }

    /// <summary>Reads a signed number.</summary>
    internal long ReadSigned() => Varint.UnZigZag(ReadVarint());

    /// <summary>Reads a number that fits 32 bits.</summary>
    internal uint ReadUInt32() => ReadVarint() is var value && value <= uint.MaxValue ? (uint)value : throw Corrupt("a number is too large");

    /// <summary>Reads a number that fits 63 bits.</summary>
    internal long ReadInt64() => ReadVarint() is var value && value <= long.MaxValue ? (long)value : throw Corrupt("a number is too large");

    /// <summary>Reads nanoseconds.</summary>
    internal int ReadNanoseconds() => ReadVarint() is var value && value <= 999_999_999 ? (int)value : throw Corrupt("a time has too many nanoseconds");

    /// <summary>An error at this place.</summary>
    internal readonly CorruptDataException Corrupt(string detail) => StoreErrors.Corrupt(source, baseOffset, $"{detail} (at byte {Position} of the unpacked frame)");

    private ulong ReadLongVarint()
    {
        ReadOnlySpan<byte> rest = _bytes[Position..];
        ulong value = 0;
        int shift = 0;
        for (int i = 0; i < rest.Length && shift < 64; i++)
        {
            byte next = rest[i];
            if (shift == 63 && next > 1)
                break;
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                Position += i + 1;
                return value;
            }
            shift += 7;
        }
        throw Corrupt(rest.Length * 7 <= shift ? "the bytes end within a record" : "a number has more than 64 bits");
    }
}
