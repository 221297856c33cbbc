using System.Buffers.Binary;

namespace StorageEngines.Portable.Rolling;

/// <summary>
/// Reads a delta. Foreign bytes: every length and offset is checked, nothing is allocated by what they say, and errors name the byte. Not safe for use by
/// several threads.
/// </summary>
internal sealed class RdiffReader(Stream input, string source)
{
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(64 * 1024);
    private readonly ResultHash _hash = new();
    private int _start;
    private int _count;
    private long _literalLeft;

    /// <summary>Bytes read so far.</summary>
    internal long Position { get; private set; }

    /// <summary>Bytes of the result that the commands so far make.</summary>
    internal long ResultBytes { get; private set; }

    /// <summary>Reads the magic number.</summary>
    /// <exception cref="CorruptDataException">It is another one.</exception>
    internal void ReadHeader()
    {
        if (BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint), "the magic number")) != RdiffFormat.Magic)
        {
            throw Corrupt(0, "this is not a delta of rdiff, which begins with 72 73 02 36.");
        }
    }

    /// <summary>The next command; a literal's bytes have to be taken with <see cref="ReadLiteral"/> before the one after it.</summary>
    /// <returns>The command, or null at the end.</returns>
    /// <exception cref="CorruptDataException">The delta is damaged or cut short.</exception>
    internal RdiffCommand? Next()
    {
        while (_literalLeft > 0)
        {
            ReadLiteral();
        }

        long at = Position;
        byte command = Take(1, "a command, before the end of the delta")[0];
        if (command == RdiffFormat.End)
        {
            return null;
        }

        DeltaPiece piece = command switch
        {
            <= RdiffFormat.LongestShortLiteral => new DeltaPiece(DeltaPiece.New, command),
            < RdiffFormat.Copy => new DeltaPiece(DeltaPiece.New, Number(command - RdiffFormat.Literal, at)),
            <= RdiffFormat.LastCopy => Copy(command - RdiffFormat.Copy, at),
            _ => throw Corrupt(at, $"command 0x{command:x2} has no meaning."),
        };
        if (piece.Length == 0 || piece.Length > long.MaxValue - ResultBytes)
        {
            throw Corrupt(at, $"a command of {piece.Length} bytes, where {ResultBytes} were made before.");
        }

        ResultBytes += piece.Length;
        _literalLeft = piece.IsNew ? piece.Length : 0;
        return new RdiffCommand(piece, at);
    }

    /// <summary>Some more bytes of the literal, good until the next call; nothing when all were taken.</summary>
    internal ReadOnlySpan<byte> ReadLiteral()
    {
        if (_literalLeft == 0)
        {
            return default;
        }

        int count = (int)Math.Min(_literalLeft, Math.Max(1, _count));
        _literalLeft -= count; // in a buffer that has just run out, one byte fills it again
        return Take(count, "a literal's bytes");
    }

    /// <summary>What is behind the end command.</summary>
    /// <returns>All of it, or null if it is longer than <paramref name="most"/>.</returns>
    internal byte[]? ReadRest(int most)
    {
        var rest = new byte[most + 1];
        int count = Math.Min(_count, rest.Length);
        _buffer.AsSpan(_start, count).CopyTo(rest);
        count += input.ReadAtLeast(rest.AsSpan(count), rest.Length - count, throwOnEndOfStream: false);
        return count > most ? null : rest[..count];
    }

    /// <summary>The checksum of everything up to the end command; asked for once, behind it.</summary>
    internal byte[] BodyHash() => _hash.Finish();

    internal CorruptDataException Corrupt(long at, string detail) => new(source, at, detail);

    private DeltaPiece Copy(int kind, long at)
    {
        long offset = Number(kind >> 2, at);
        long length = Number(kind & 3, at);
        return offset <= long.MaxValue - length ? new DeltaPiece(offset, length) : throw Corrupt(at, $"a copy of {length} bytes from byte {offset} on.");
    }

    private long Number(int kind, long at)
    {
        ReadOnlySpan<byte> bytes = Take(1 << kind, "a command");
        ulong value = kind switch
        {
            0 => bytes[0],
            1 => BinaryPrimitives.ReadUInt16BigEndian(bytes),
            2 => BinaryPrimitives.ReadUInt32BigEndian(bytes),
            _ => BinaryPrimitives.ReadUInt64BigEndian(bytes),
        };
        return value <= long.MaxValue ? (long)value : throw Corrupt(at, $"a number of {value}, which is beyond any file.");
    }

    private ReadOnlySpan<byte> Take(int count, string what)
    {
        if (_count < count)
        {
            _buffer.AsSpan(_start, _count).CopyTo(_buffer);
            _start = 0;
            _count += input.ReadAtLeast(_buffer.AsSpan(_count), count - _count, throwOnEndOfStream: false);
            if (_count < count)
            {
                throw Corrupt(Position + _count, $"the delta ends within {what}; it was cut short.");
            }
        }

        ReadOnlySpan<byte> taken = _buffer.AsSpan(_start, count);
        _hash.Append(taken);
        _start += count;
        _count -= count;
        Position += count;
        return taken;
    }
}
