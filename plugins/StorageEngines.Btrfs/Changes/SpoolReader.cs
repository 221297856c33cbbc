using System.Buffers.Binary;

namespace StorageEngines.Btrfs.Changes;

/// <summary>Reads what <see cref="SpoolWriter"/> wrote, from the start.</summary>
internal sealed class SpoolReader(ChangeSpool spool)
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private long _next;
    private int _at;
    private int _end;

    internal bool IsAtEnd => _at == _end && _next == spool.Length;

    internal ulong Number()
    {
        ulong value = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte b = Byte();
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }
    }

    internal int Int() => (int)Number();

    internal long Long() => (long)Number();

    internal byte[] Bytes()
    {
        var bytes = new byte[Int()];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = Byte();
        }

        return bytes;
    }

    internal long Signed()
    {
        Span<byte> bytes = stackalloc byte[8];
        for (int i = 0; i < 8; i++)
        {
            bytes[i] = Byte();
        }

        return BinaryPrimitives.ReadInt64LittleEndian(bytes);
    }

    private byte Byte()
    {
        if (_at == _end)
        {
            _end = spool.Read(_next, _buffer);
            _next += _end;
            _at = 0;
        }

        return _buffer[_at++];
    }
}
