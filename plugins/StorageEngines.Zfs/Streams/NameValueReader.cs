using System.Buffers.Binary;

namespace StorageEngines.Zfs.Streams;

/// <summary>
/// Reads the two packed forms of name-value lists: XDR, and the sender's own layout in either byte order. OpenZFS 2.3, <c>module/nvpair/nvpair.c</c>.
/// Every length is checked against what is left; lists within lists may go 32 deep.
/// </summary>
internal ref struct NameValueReader(ReadOnlySpan<byte> bytes, string source, long offset)
{
    private const int MostDeep = 32;
    private const int NativePairBytes = 16;

    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;
    private bool _xdr;
    private bool _big;

    /// <summary>Reads the whole.</summary>
    internal NameValueList ReadAll()
    {
        ReadOnlySpan<byte> head = Take(4, "its header");
        if (head[0] > 1 || head[1] > 1)
        {
            throw Damaged(0, $"a name-value list in unknown encoding {head[0]}, byte order {head[1]}");
        }

        _xdr = head[0] == 1;
        _big = _xdr || head[1] == 0;
        return ReadList(0);
    }

    private NameValueList ReadList(int depth)
    {
        if (depth > MostDeep)
        {
            throw Damaged(_at, $"name-value lists more than {MostDeep} deep");
        }

        // In the sender's own layout a list within another has these in its pair, where they need not be read.
        if (_xdr || depth == 0)
        {
            if (Int32("its version") is var version && version != 0)
            {
                throw Damaged(_at - 4, $"a name-value list of version {version}");
            }

            Int32("its flags");
        }

        var pairs = new List<NameValue>();
        while ((_xdr ? ReadXdrPair(depth) : ReadNativePair(depth)) is { } pair)
        {
            pairs.Add(pair);
        }

        return pairs.Count == 0 ? NameValueList.Empty : new NameValueList(pairs);
    }

    private NameValue? ReadXdrPair(int depth)
    {
        int start = _at;
        int encoded = Int32("the size of a pair");
        int decoded = Int32("the size of a pair");
        if (encoded == 0 && decoded == 0)
        {
            return null;
        }

        if (encoded < 0 || encoded > _bytes.Length - start)
        {
            throw Damaged(start, $"a pair of {encoded} bytes, {_bytes.Length - start} are left");
        }

        string name = XdrText("the name of a pair");
        var kind = (NameValueKind)Int32("the type of a pair");
        int count = Int32("the count of a pair");
        NameValue pair = kind switch
        {
            NameValueKind.Text => new NameValue(name, kind, 0, XdrText("a text"), []),
            NameValueKind.List or NameValueKind.Lists => new NameValue(name, kind, 0, null, Lists(kind, count, depth)),
            NameValueKind.Int64 or NameValueKind.UInt64 => Numeric(name, kind, UInt64("a number")),
            NameValueKind.Flag => Numeric(name, kind, 1),
            NameValueKind.Byte or NameValueKind.Int16 or NameValueKind.UInt16 or NameValueKind.Int32 or NameValueKind.UInt32 or NameValueKind.Boolean
                => Numeric(name, kind, kind is NameValueKind.Int16 or NameValueKind.Int32 ? Signed(Int32("a number")) : unchecked((uint)Int32("a number"))),
            _ => Numeric(name, kind, 0),
        };
        return Finish(pair, start, encoded);
    }

    private NameValue? ReadNativePair(int depth)
    {
        int start = _at;
        int size = Int32("the size of a pair");
        if (size == 0)
        {
            return null;
        }

        if (size < NativePairBytes || size > _bytes.Length - start)
        {
            throw Damaged(start, $"a pair of {size} bytes, {_bytes.Length - start} are left");
        }

        ReadOnlySpan<byte> pair = _bytes.Slice(start, size);
        int nameBytes = _big ? BinaryPrimitives.ReadInt16BigEndian(pair[4..]) : BinaryPrimitives.ReadInt16LittleEndian(pair[4..]);
        int count = Native32(pair[8..]);
        var kind = (NameValueKind)Native32(pair[12..]);
        int value = NativePairBytes + ((nameBytes + 7) & ~7);
        if (nameBytes < 1 || value > size)
        {
            throw Damaged(start + 4, $"a name of {nameBytes} bytes in a pair of {size}");
        }

        string name = ByteText.Escape(pair.Slice(NativePairBytes, nameBytes - 1));
        _at = start + size;
        ReadOnlySpan<byte> rest = pair[value..];
        return kind switch
        {
            NameValueKind.Text => new NameValue(name, kind, 0, ByteText.Escape(rest.IndexOf((byte)0) is var end && end >= 0 ? rest[..end] : rest), []),
            NameValueKind.List or NameValueKind.Lists => new NameValue(name, kind, 0, null, Lists(kind, count, depth)),
            NameValueKind.Flag => Numeric(name, kind, 1),
            _ => Numeric(name, kind, NativeNumber(kind, rest, start + value)),
        };
    }

    private readonly ulong NativeNumber(NameValueKind kind, ReadOnlySpan<byte> value, int at)
    {
        int bytes = kind switch
        {
            NameValueKind.Byte => 1,
            NameValueKind.Int16 or NameValueKind.UInt16 => 2,
            NameValueKind.Int32 or NameValueKind.UInt32 or NameValueKind.Boolean => 4,
            NameValueKind.Int64 or NameValueKind.UInt64 => 8,
            _ => 0,
        };
        if (value.Length < bytes)
        {
            throw Damaged(at, $"a number of {bytes} bytes, {value.Length} are left in its pair");
        }

        ulong number = 0;
        for (int i = 0; i < bytes; i++)
        {
            number = number << 8 | value[_big ? i : bytes - 1 - i];
        }

        return kind switch
        {
            NameValueKind.Int16 => Signed(unchecked((short)number)),
            NameValueKind.Int32 => Signed(unchecked((int)number)),
            _ => number,
        };
    }

    private List<NameValueList> Lists(NameValueKind kind, int count, int depth)
    {
        int wanted = kind == NameValueKind.List ? 1 : count;
        if (wanted < 0 || wanted > _bytes.Length - _at)
        {
            throw Damaged(_at, $"{wanted} lists in {_bytes.Length - _at} bytes");
        }

        var lists = new List<NameValueList>();
        for (int i = 0; i < wanted; i++)
        {
            lists.Add(ReadList(depth + 1));
        }

        return lists;
    }

    private NameValue Finish(NameValue pair, int start, int encoded)
    {
        if (_at > start + encoded)
        {
            throw Damaged(start, $"a pair of {encoded} bytes takes {_at - start}");
        }

        _at = start + encoded; // What is not read here, arrays of numbers, is passed over.
        return pair;
    }

    private string XdrText(string what)
    {
        int length = Int32(what);
        ReadOnlySpan<byte> text = Take(length, what);
        Take(-length & 3, what);
        return ByteText.Escape(text);
    }

    private readonly int Native32(ReadOnlySpan<byte> bytes) => _big ? BinaryPrimitives.ReadInt32BigEndian(bytes) : BinaryPrimitives.ReadInt32LittleEndian(bytes);

    private int Int32(string what) => Native32(Take(4, what));

    private ulong UInt64(string what) => BinaryPrimitives.ReadUInt64BigEndian(Take(8, what));

    private ReadOnlySpan<byte> Take(int length, string what)
    {
        if (length < 0 || length > _bytes.Length - _at)
        {
            throw Damaged(_at, $"a name-value list ends within {what} ({length} bytes, {_bytes.Length - _at} are left)");
        }

        _at += length;
        return _bytes.Slice(_at - length, length);
    }

    private static NameValue Numeric(string name, NameValueKind kind, ulong number) => new(name, kind, number, null, []);

    private static ulong Signed(long number) => unchecked((ulong)number);

    private readonly CorruptDataException Damaged(int at, string detail) => new(source, offset + at, detail);
}
