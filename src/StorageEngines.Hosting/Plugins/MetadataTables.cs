namespace StorageEngines.Hosting;

/// <summary>
/// The tables of an assembly's metadata as far as the question "whose plug-in is this" needs them. The framework's reader does this too, and more: it took
/// longer than everything else that happens before an engine is opened.
/// </summary>
/// <remarks>ECMA-335, II.22 and II.24. Every access is within the bytes that were given; what leads out of them is an <see cref="IndexOutOfRangeException"/>.</remarks>
internal sealed class MetadataTables
{
    internal const int TypeRef = 0x01, TypeDef = 0x02, MemberRef = 0x0A, CustomAttribute = 0x0C, Assembly = 0x20, AssemblyRef = 0x23;

    private const int Tables = AssemblyRef + 1;
    private const int WideStrings = 1, WideGuids = 2, WideBlobs = 4, ExtraData = 0x40;

    // What a column is: 2 and 4 are bytes; the others an index into a heap, into table (code - Table), or into one of several tables.
    private const char Two = (char)2, Four = (char)4, Text = 'S', Guid = 'G', Blob = 'B', Table = (char)0x100;

    private static readonly int[] TypeDefOrRef = [0x02, 0x01, 0x1B], HasConstant = [0x04, 0x08, 0x17],
        HasCustomAttribute = [0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0A, 0x00, 0x0E, 0x17, 0x14, 0x11, 0x1A, 0x1B, 0x20, 0x23, 0x26, 0x27, 0x28, 0x2A, 0x2C, 0x2B],
        HasFieldMarshal = [0x04, 0x08], HasDeclSecurity = [0x02, 0x06, 0x20], MemberRefParent = [0x02, 0x01, 0x1A, 0x06, 0x1B], HasSemantics = [0x14, 0x17],
        MethodDefOrRef = [0x06, 0x0A], MemberForwarded = [0x04, 0x06], CustomAttributeType = [0x06, 0x0A, 0x0A, 0x0A, 0x0A], ResolutionScope = [0x00, 0x1A, 0x23, 0x01];

    private readonly byte[] _bytes;
    private readonly int[] _rows = new int[64];
    private readonly int[] _start = new int[Tables];
    private readonly int[] _rowSize = new int[Tables];
    private readonly (int Offset, int Length) _strings, _blobs;
    private readonly int _heapSizes;

    /// <summary>Reads the root and the sizes of the tables.</summary>
    /// <param name="metadata">The metadata, from its signature on.</param>
    /// <exception cref="BadImageFormatException">It is no metadata.</exception>
    internal MetadataTables(byte[] metadata)
    {
        _bytes = metadata;
        (int Offset, int Length) tables = default;
        int at = Word(0) == 0x424A5342 ? checked(16 + Word(12)) : throw new BadImageFormatException("The metadata has no signature.");
        int streams = Half(at + 2);
        for (at += 4; streams > 0; streams--)
        {
            (int Offset, int Length) place = (Word(at), Word(at + 4));
            ReadOnlySpan<byte> name = Ended(at + 8);
            at += 8 + ((name.Length + 4) & ~3);
            if (name.SequenceEqual("#~"u8) || name.SequenceEqual("#-"u8))
            {
                tables = place;
            }
            else if (name.SequenceEqual("#Strings"u8))
            {
                _strings = place;
            }
            else if (name.SequenceEqual("#Blob"u8))
            {
                _blobs = place;
            }
        }

        _heapSizes = tables.Length > 0 ? _bytes[tables.Offset + 6] : throw new BadImageFormatException("The metadata has no tables.");
        Place(tables.Offset);
    }

    /// <summary>How many rows a table has.</summary>
    internal int Rows(int table) => _rows[table];

    /// <summary>Reads the fixed or indexing column of a row.</summary>
    /// <param name="table">The table.</param>
    /// <param name="row">The row, from 1.</param>
    /// <param name="column">The column, from 0.</param>
    internal int Cell(int table, int row, int column)
    {
        if (row < 1 || row > _rows[table])
        {
            throw new BadImageFormatException($"The metadata names row {row} of a table of {_rows[table]}.");
        }

        ReadOnlySpan<char> columns = Columns(table);
        int at = checked(_start[table] + ((row - 1) * _rowSize[table]));
        for (int i = 0; i < column; i++)
        {
            at += Width(columns[i]);
        }

        return Width(columns[column]) == 2 ? Half(at) : Word(at);
    }

    /// <summary>A text of the strings' heap.</summary>
    internal string Name(int index)
        => index >= 0 && index < _strings.Length ? System.Text.Encoding.UTF8.GetString(Ended(_strings.Offset + index)) : throw new BadImageFormatException("The metadata names a text that is not there.");

    /// <summary>Whether a text of the strings' heap is this one, which is ASCII.</summary>
    internal bool IsName(int index, ReadOnlySpan<char> name)
    {
        if (index < 0 || index + name.Length >= _strings.Length || _bytes[_strings.Offset + index + name.Length] != 0)
        {
            return false;
        }

        for (int i = 0; i < name.Length; i++)
        {
            if (_bytes[_strings.Offset + index + i] != name[i])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The bytes of a blob.</summary>
    internal ReadOnlySpan<byte> Bytes(int index)
    {
        var reader = new MetadataBlob(_bytes.AsSpan(_blobs.Offset, _blobs.Length)[index..]);
        return reader.Bytes(reader.Length());
    }

    private void Place(int at)
    {
        ulong valid = (uint)Word(at + 8) | ((ulong)(uint)Word(at + 12) << 32);
        int next = at + 24;
        for (int table = 0; table < 64; table++)
        {
            if ((valid >> table & 1) != 0)
            {
                _rows[table] = Word(next) is >= 0 and <= 0xFFFFFF and var rows ? rows : throw new BadImageFormatException("A table has more rows than there are names for.");
                next += 4;
            }
        }

        next += (_heapSizes & ExtraData) != 0 ? 4 : 0;
        for (int table = 0; table < Tables; table++)
        {
            foreach (char column in Columns(table))
            {
                _rowSize[table] += Width(column);
            }

            _start[table] = next;
            next = checked(next + (_rowSize[table] * _rows[table]));
        }

        if (next > _bytes.Length)
        {
            throw new BadImageFormatException("The tables are longer than the metadata.");
        }
    }

    private int Half(int at) => BitConverter.ToUInt16(_bytes.AsSpan(at, 2));

    private int Word(int at) => BitConverter.ToInt32(_bytes.AsSpan(at, 4));

    private ReadOnlySpan<byte> Ended(int at)
    {
        ReadOnlySpan<byte> rest = _bytes.AsSpan(at);
        int end = rest.IndexOf((byte)0);
        return end < 0 ? throw new BadImageFormatException("A text of the metadata has no end.") : rest[..end];
    }

    private int Width(char column) => column switch
    {
        Two => 2,
        Four => 4,
        Text => (_heapSizes & WideStrings) != 0 ? 4 : 2,
        Guid => (_heapSizes & WideGuids) != 0 ? 4 : 2,
        Blob => (_heapSizes & WideBlobs) != 0 ? 4 : 2,
        >= Table => _rows[column - Table] < 0x10000 ? 2 : 4,
        _ => Coded(column),
    };

    private int Coded(char column)
    {
        (int[] tables, int bits) = column switch
        {
            'd' => (TypeDefOrRef, 2),
            'c' => (HasConstant, 2),
            'a' => (HasCustomAttribute, 5),
            'm' => (HasFieldMarshal, 1),
            's' => (HasDeclSecurity, 2),
            'p' => (MemberRefParent, 3),
            'e' => (HasSemantics, 1),
            'o' => (MethodDefOrRef, 1),
            'f' => (MemberForwarded, 1),
            't' => (CustomAttributeType, 3),
            _ => (ResolutionScope, 2),
        };
        int most = 0;
        foreach (int table in tables)
        {
            most = Math.Max(most, _rows[table]);
        }

        return most < 1 << (16 - bits) ? 2 : 4;
    }

    // II.22.2 to II.22.38, by the tables' numbers; \u0002 and \u0004 are fixed, \u01xx is table xx.
    private static string Columns(int table) => table switch
    {
        0x00 => "\u0002SGGG",
        0x01 => "rSS",
        0x02 => "\u0004SSd\u0104\u0106",
        0x03 => "\u0104",
        0x04 => "\u0002SB",
        0x05 => "\u0106",
        0x06 => "\u0004\u0002\u0002SB\u0108",
        0x07 => "\u0108",
        0x08 => "\u0002\u0002S",
        0x09 => "\u0102d",
        0x0A => "pSB",
        0x0B => "\u0002cB",
        0x0C => "atB",
        0x0D => "mB",
        0x0E => "\u0002sB",
        0x0F => "\u0002\u0004\u0102",
        0x10 => "\u0004\u0104",
        0x11 => "B",
        0x12 => "\u0102\u0114",
        0x13 => "\u0114",
        0x14 => "\u0002Sd",
        0x15 => "\u0102\u0117",
        0x16 => "\u0117",
        0x17 => "\u0002SB",
        0x18 => "\u0002\u0106e",
        0x19 => "\u0102oo",
        0x1A => "S",
        0x1B => "B",
        0x1C => "\u0002fS\u011A",
        0x1D => "\u0004\u0104",
        0x1E => "\u0004\u0004",
        0x1F => "\u0004",
        0x20 => "\u0004\u0002\u0002\u0002\u0002\u0004BSS",
        0x21 => "\u0004",
        0x22 => "\u0004\u0004\u0004",
        0x23 => "\u0002\u0002\u0002\u0002\u0004BSSB",
        _ => "",
    };
}
