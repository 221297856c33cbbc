using System.Buffers.Binary;

namespace StorageEngines.Portable.Rolling;

/// <summary>Writes a delta. Pieces that continue each other become one command. Not safe for use by several threads.</summary>
/// <param name="output">Where to write.</param>
/// <param name="target">The target, from which new bytes are read.</param>
internal sealed class RdiffWriter(Stream output, IByteSource target)
{
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(128 * 1024);
    private int _used;
    private long _done; // up to where the target is written
    private DeltaPiece _open;

    /// <summary>Bytes of new data written.</summary>
    internal long NewBytes { get; private set; }

    /// <summary>Bytes that the base has.</summary>
    internal long CopiedBytes { get; private set; }

    /// <summary>Commands written, without the end.</summary>
    internal long Commands { get; private set; }

    /// <summary>Bytes of the delta written.</summary>
    internal long Position { get; private set; }

    internal void WriteHeader()
    {
        BinaryPrimitives.WriteUInt32BigEndian(Room(sizeof(uint)), RdiffFormat.Magic);
        _used += sizeof(uint);
    }

    /// <summary>Adds the next piece of the target.</summary>
    internal void Add(DeltaPiece piece)
    {
        bool continues = _open.Length > 0 && (piece.IsNew ? _open.IsNew : !_open.IsNew && _open.BaseOffset + _open.Length == piece.BaseOffset);
        if (continues)
        {
            _open = _open with { Length = _open.Length + piece.Length };
            return;
        }

        Close();
        _open = piece;
    }

    /// <summary>Writes the end command, and hands everything on.</summary>
    internal void WriteEnd()
    {
        Close();
        Room(1)[0] = RdiffFormat.End;
        _used++;
        Flush();
    }

    private void Close()
    {
        if (_open.Length == 0)
        {
            return;
        }

        Commands++;
        if (_open.IsNew)
        {
            WriteLiteral(_open.Length);
            NewBytes += _open.Length;
        }
        else
        {
            WriteCopy(_open);
            CopiedBytes += _open.Length;
        }

        _done += _open.Length;
        _open = default;
    }

    private void WriteLiteral(long length)
    {
        Span<byte> room = Room(RdiffFormat.LongestCommand);
        if (length <= RdiffFormat.LongestShortLiteral)
        {
            room[0] = (byte)length;
            _used++;
        }
        else
        {
            int kind = Kind(length);
            room[0] = (byte)(RdiffFormat.Literal + kind);
            WriteNumber(room[1..], kind, length);
            _used += 1 + (1 << kind);
        }

        for (long at = _done, end = _done + length; at < end;)
        {
            Span<byte> bytes = Room(1);
            bytes = bytes[..(int)Math.Min(bytes.Length, end - at)];
            target.Read(at, bytes);
            _used += bytes.Length;
            at += bytes.Length;
        }
    }

    private void WriteCopy(DeltaPiece piece)
    {
        Span<byte> room = Room(RdiffFormat.LongestCommand);
        int offset = Kind(piece.BaseOffset);
        int length = Kind(piece.Length);
        room[0] = (byte)(RdiffFormat.Copy + (4 * offset) + length);
        WriteNumber(room[1..], offset, piece.BaseOffset);
        WriteNumber(room[(1 + (1 << offset))..], length, piece.Length);
        _used += 1 + (1 << offset) + (1 << length);
    }

    /// <summary>In how many bytes a number fits: 2^kind.</summary>
    private static int Kind(long number) => number switch { <= byte.MaxValue => 0, <= ushort.MaxValue => 1, <= uint.MaxValue => 2, _ => 3 };

    private static void WriteNumber(Span<byte> room, int kind, long number)
    {
        switch (kind)
        {
            case 0:
                room[0] = (byte)number;
                break;
            case 1:
                BinaryPrimitives.WriteUInt16BigEndian(room, (ushort)number);
                break;
            case 2:
                BinaryPrimitives.WriteUInt32BigEndian(room, (uint)number);
                break;
            default:
                BinaryPrimitives.WriteInt64BigEndian(room, number);
                break;
        }
    }

    /// <summary>What is left of the buffer, at least so many bytes.</summary>
    private Span<byte> Room(int bytes)
    {
        if (_buffer.Length - _used < bytes)
        {
            Flush();
        }

        return _buffer.AsSpan(_used);
    }

    private void Flush()
    {
        output.Write(_buffer, 0, _used);
        Position += _used;
        _used = 0;
    }
}
