using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace StorageEngines.Portable.Tar;

/// <summary>Writes a pax archive: ustar headers, and extended headers for what does not fit them. Names are bytes. Not thread-safe.</summary>
/// <param name="output">Where the archive goes; stays the caller's.</param>
internal sealed class TarWriter(Stream output)
{
    internal const int BlockBytes = 512;

    private const int BufferBytes = 256 << 10;
    private const long LargestOctal = 0x1_FFFF_FFFF; // eleven octal digits
    private const uint LargestId = 0x1F_FFFF; // seven octal digits

    private readonly MemoryStream _records = new();
    private readonly byte[] _block = new byte[BlockBytes];
    private readonly byte[] _buffer = new byte[BufferBytes];
    private int _buffered;
    private long _left;

    /// <summary>Bytes written so far.</summary>
    internal long Length { get; private set; }

    /// <summary>A comment for the whole archive, which other programs pass over in silence.</summary>
    internal async ValueTask CommentAsync(string text, CancellationToken cancellationToken)
    {
        _records.SetLength(0);
        Record("comment"u8, Encoding.ASCII.GetBytes(text));
        await RecordsAsync((byte)'g', "pax_global_header"u8.ToArray(), cancellationToken);
    }

    /// <summary>Writes an entry's headers; for a regular file, its data follows by <see cref="DataAsync"/>.</summary>
    /// <param name="entry">The entry; its path is what it is called in the archive.</param>
    /// <param name="hardLinkTo">An earlier name of the same file, or null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="names">What a directory holds, see <see cref="TarNames"/>. Default: not said.</param>
    internal async ValueTask EntryAsync(TreeEntry entry, BytePath? hardLinkTo, CancellationToken cancellationToken, byte[]? names = null)
    {
        byte[] path = entry.Type == TreeEntryType.Directory && hardLinkTo is null
            ? [.. entry.Path.IsRoot ? "."u8 : entry.Path.Span, (byte)'/']
            : entry.Path.Span.ToArray();
        ReadOnlyMemory<byte> link = hardLinkTo?.Bytes ?? entry.LinkTarget;
        long size = entry.Type == TreeEntryType.File && hardLinkTo is null ? entry.SizeBytes : 0;
        _records.SetLength(0);
        Records(entry, path, link.Span, size, hardLinkTo is not null);
        if (names is not null)
        {
            Record("GNU.dumpdir"u8, names);
        }

        if (_records.Length > 0)
        {
            await RecordsAsync((byte)'x', "pax_header"u8.ToArray(), cancellationToken);
        }

        await LongNameAsync((byte)'L', path, cancellationToken);
        await LongNameAsync((byte)'K', link, cancellationToken);
        byte type = hardLinkTo is not null ? (byte)'1' : TypeOf(entry.Type);
        Header(path, type, size, entry, link.Span);
        await WriteBlockAsync(cancellationToken);
        _left = size;
    }

    /// <summary>Writes data of the entry that was begun last.</summary>
    internal async ValueTask DataAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        await WriteAsync(data, cancellationToken);
        _left -= data.Length;
        if (_left == 0)
        {
            await PadAsync(cancellationToken);
        }
    }

    /// <summary>Ends the archive.</summary>
    internal async ValueTask CompleteAsync(CancellationToken cancellationToken)
    {
        _block.AsSpan().Clear();
        await WriteBlockAsync(cancellationToken);
        await WriteBlockAsync(cancellationToken);
        await FlushAsync(cancellationToken);
        await output.FlushAsync(cancellationToken);
    }

    private static byte TypeOf(TreeEntryType type) => type switch
    {
        TreeEntryType.File => (byte)'0',
        TreeEntryType.SymbolicLink => (byte)'2',
        TreeEntryType.CharacterDevice => (byte)'3',
        TreeEntryType.BlockDevice => (byte)'4',
        TreeEntryType.Directory => (byte)'5',
        TreeEntryType.Fifo => (byte)'6',
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "tar has no such type."),
    };

    private static bool IsPlain(ReadOnlySpan<byte> name) => name.Length <= 100 && !name.ContainsAnyExceptInRange((byte)0x20, (byte)0x7E);

    private void Records(TreeEntry entry, ReadOnlySpan<byte> path, ReadOnlySpan<byte> link, long size, bool isHardLink)
    {
        // A pax record is UTF-8; other names go into GNU's long name headers, which every reader takes as bytes.
        if (!IsPlain(path) && Utf8.IsValid(path))
        {
            Record("path"u8, path);
        }

        if (!IsPlain(link) && Utf8.IsValid(link))
        {
            Record("linkpath"u8, link);
        }

        if (size > LargestOctal)
        {
            Record("size"u8, Encoding.ASCII.GetBytes(size.ToString(CultureInfo.InvariantCulture)));
        }

        if (entry.UserId > LargestId)
        {
            Record("uid"u8, Encoding.ASCII.GetBytes(entry.UserId.ToString(CultureInfo.InvariantCulture)));
        }

        if (entry.GroupId > LargestId)
        {
            Record("gid"u8, Encoding.ASCII.GetBytes(entry.GroupId.ToString(CultureInfo.InvariantCulture)));
        }

        Record("mtime"u8, Encoding.ASCII.GetBytes(TarTime.Format(entry.ModifiedAt)));
        foreach (ExtendedAttribute attribute in isHardLink ? [] : entry.Attributes)
        {
            Record([.. "SCHILY.xattr."u8, .. TarXattr.Encode(attribute.Name.Span)], attribute.Value.Span);
        }
    }

    private void Record(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        // The length counts itself.
        int rest = key.Length + value.Length + 3;
        int length = rest + 1;
        while (length != rest + Digits(length))
        {
            length = rest + Digits(length);
        }

        _records.Write(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
        _records.WriteByte((byte)' ');
        _records.Write(key);
        _records.WriteByte((byte)'=');
        _records.Write(value);
        _records.WriteByte((byte)'\n');
    }

    private static int Digits(int value) => value.ToString(CultureInfo.InvariantCulture).Length;

    private async ValueTask RecordsAsync(byte type, byte[] name, CancellationToken cancellationToken)
    {
        var entry = new TreeEntry(default, TreeEntryType.File, 0x1A4, 0, 0, _records.Length, default);
        Header(name, type, _records.Length, entry, []);
        await WriteBlockAsync(cancellationToken);
        _left = _records.Length;
        await DataAsync(_records.GetBuffer().AsMemory(0, (int)_records.Length), cancellationToken);
    }

    private async ValueTask LongNameAsync(byte type, ReadOnlyMemory<byte> name, CancellationToken cancellationToken)
    {
        if (Utf8.IsValid(name.Span))
        {
            return;
        }

        _records.SetLength(0);
        _records.Write(name.Span);
        _records.WriteByte(0);
        await RecordsAsync(type, "././@LongLink"u8.ToArray(), cancellationToken);
    }

    private void Header(ReadOnlySpan<byte> path, byte type, long size, TreeEntry entry, ReadOnlySpan<byte> link)
    {
        Span<byte> block = _block;
        block.Clear();
        path[..Math.Min(100, path.Length)].CopyTo(block);
        Octal(block.Slice(100, 8), entry.Mode);
        Octal(block.Slice(108, 8), Math.Min(entry.UserId, LargestId));
        Octal(block.Slice(116, 8), Math.Min(entry.GroupId, LargestId));
        Octal(block.Slice(124, 12), Math.Min(size, LargestOctal));
        Octal(block.Slice(136, 12), Math.Clamp(entry.ModifiedAt.Seconds, 0, LargestOctal));
        block.Slice(148, 8).Fill((byte)' ');
        block[156] = type;
        link[..Math.Min(100, link.Length)].CopyTo(block[157..]);
        "ustar\000"u8.CopyTo(block[257..]);
        Octal(block.Slice(329, 8), entry.DeviceMajor);
        Octal(block.Slice(337, 8), entry.DeviceMinor);
        Octal(block.Slice(148, 7), TarTime.Checksum(block));
    }

    private static void Octal(Span<byte> field, long value)
    {
        for (int i = field.Length - 2; i >= 0; i--)
        {
            field[i] = (byte)('0' + (value & 7));
            value >>= 3;
        }

        field[^1] = 0;
    }

    private ValueTask WriteBlockAsync(CancellationToken cancellationToken) => WriteAsync(_block, cancellationToken);

    private async ValueTask PadAsync(CancellationToken cancellationToken)
    {
        int padding = (int)((BlockBytes - (Length % BlockBytes)) % BlockBytes);
        _block.AsSpan().Clear();
        await WriteAsync(_block.AsMemory(0, padding), cancellationToken);
    }

    // Headers and small files go out together; what is long is not copied.
    private async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_buffered + bytes.Length > BufferBytes)
        {
            await FlushAsync(cancellationToken);
        }

        if (bytes.Length >= BufferBytes)
        {
            await output.WriteAsync(bytes, cancellationToken);
        }
        else
        {
            bytes.CopyTo(_buffer.AsMemory(_buffered));
            _buffered += bytes.Length;
        }

        Length += bytes.Length;
    }

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await output.WriteAsync(_buffer.AsMemory(0, _buffered), cancellationToken);
        _buffered = 0;
    }
}
