using System.Globalization;

namespace StorageEngines.Portable.Tar;

/// <summary>
/// Reads a pax, ustar or GNU archive header by header; bounded, and every header's checksum is checked. The normal end means that the archive's end
/// blocks were there. Not thread-safe.
/// </summary>
/// <param name="input">The archive; stays the caller's.</param>
internal sealed class TarReader(Stream input)
{
    private const int LargestExtension = 4 << 20;
    private const string Source = "tar archive";

    private readonly byte[] _block = new byte[TarWriter.BlockBytes];
    private readonly Dictionary<string, byte[]> _records = [];
    private readonly List<ExtendedAttribute> _attributes = [];
    private readonly byte[] _skip = new byte[64 << 10];
    private long _left;
    private long _extensionBytes;
    private long _padding;

    /// <summary>The archive's comment, or null.</summary>
    internal byte[]? Comment { get; private set; }

    /// <summary>The entry read last. Paths are as they are in the archive, without a leading <c>./</c> and a trailing slash, and not checked.</summary>
    internal TreeEntry Entry { get; private set; } = null!;

    /// <summary>The entry is a further name of the file whose path is in its link target.</summary>
    internal bool IsHardLink { get; private set; }

    /// <summary>Where the entry's header begins.</summary>
    internal long EntryOffset { get; private set; }

    /// <summary>Where the next byte will be read.</summary>
    internal long Position { get; private set; }

    /// <summary>Reads the next entry's headers; false at the archive's end.</summary>
    /// <exception cref="CorruptDataException">The archive is damaged or cut off.</exception>
    internal bool Read()
    {
        _records.Clear();
        _attributes.Clear();
        _extensionBytes = 0;
        while (true)
        {
            SkipData();
            EntryOffset = Position;
            ReadBlock();
            if (!_block.AsSpan().ContainsAnyExcept((byte)0))
            {
                ReadEnd();
                return false;
            }

            if (TarFields.Octal(_block, EntryOffset, 148, 8) != TarTime.Checksum(_block))
            {
                throw Corrupt(EntryOffset, "a header's checksum is wrong");
            }

            byte type = _block[156];
            _left = TarFields.Octal(_block, EntryOffset, 124, 12);
            _padding = (TarWriter.BlockBytes - (_left % TarWriter.BlockBytes)) % TarWriter.BlockBytes;
            if (!Extension(type))
            {
                Complete(type);
                return true;
            }
        }
    }

    /// <summary>Reads data of the entry; 0 at its end.</summary>
    internal int ReadData(Span<byte> buffer)
    {
        Span<byte> part = buffer[..(int)Math.Min(buffer.Length, _left)];
        Fill(part);
        _left -= part.Length;
        return part.Length;
    }

    /// <summary>An error about the entry read last.</summary>
    internal CorruptDataException Damaged(string detail) => Corrupt(EntryOffset, detail);

    private static CorruptDataException Corrupt(long offset, string detail) => new(Source, offset, detail);

    private bool Extension(byte type)
    {
        if (type is not ((byte)'x' or (byte)'g' or (byte)'L' or (byte)'K'))
        {
            return false;
        }

        _extensionBytes += _left;
        if (_extensionBytes > LargestExtension)
        {
            throw Corrupt(EntryOffset, $"extended headers of {_extensionBytes} bytes before one entry; at most {LargestExtension} are allowed");
        }

        var content = new byte[_left];
        ReadData(content);
        switch (type)
        {
            case (byte)'L': _records["path"] = [.. content.AsSpan().TrimEnd((byte)0)]; break;
            case (byte)'K': _records["linkpath"] = [.. content.AsSpan().TrimEnd((byte)0)]; break;
            default: ReadRecords(content, type == (byte)'g'); break;
        }

        return true;
    }

    private void ReadRecords(ReadOnlySpan<byte> rest, bool global)
    {
        while (!rest.IsEmpty)
        {
            int blank = rest[..Math.Min(rest.Length, 12)].IndexOf((byte)' ');
            if (blank <= 0 || !int.TryParse(rest[..blank], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                || length > rest.Length || length < blank + 3 || rest[length - 1] != (byte)'\n')
            {
                throw Corrupt(EntryOffset, "a record of an extended header is malformed");
            }

            ReadOnlySpan<byte> record = rest[(blank + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
            {
                throw Corrupt(EntryOffset, "a record of an extended header has no key");
            }

            Record(record[..equals], record[(equals + 1)..].ToArray(), global);
            rest = rest[length..];
        }
    }

    private void Record(ReadOnlySpan<byte> key, byte[] value, bool global)
    {
        if (global)
        {
            Comment = key.SequenceEqual("comment"u8) ? value : Comment;
            return;
        }

        if (key.StartsWith("SCHILY.xattr."u8))
        {
            byte[] name = TarXattr.Decode(key["SCHILY.xattr.".Length..]);
            if (name.Length is 0 or > 255 || name.AsSpan().Contains((byte)0))
            {
                throw Corrupt(EntryOffset, "an extended attribute's name is empty, longer than 255 bytes or holds a NUL byte");
            }

            _attributes.Add(new ExtendedAttribute(name, value));
            return;
        }

        if (key.StartsWith("GNU.sparse."u8))
        {
            throw new StorageEngineException(
                EngineStatus.Unimplemented, EngineReason.NotSupported, Recovery.FixRequest,
                $"{Source}: byte {EntryOffset}: a file is stored in GNU tar's sparse format, which is not read here; make the archive without '--sparse'.");
        }

        _records[System.Text.Encoding.UTF8.GetString(key)] = value;
    }

    private void Complete(byte type)
    {
        if (_records.ContainsKey("size"))
        {
            _left = checked((long)Number("size", 0, long.MaxValue));
            _padding = (TarWriter.BlockBytes - (_left % TarWriter.BlockBytes)) % TarWriter.BlockBytes;
        }

        IsHardLink = type == (byte)'1';
        TreeEntryType kind = type switch
        {
            0 or (byte)'0' or (byte)'1' or (byte)'7' => TreeEntryType.File,
            (byte)'2' => TreeEntryType.SymbolicLink,
            (byte)'3' => TreeEntryType.CharacterDevice,
            (byte)'4' => TreeEntryType.BlockDevice,
            (byte)'5' => TreeEntryType.Directory,
            (byte)'6' => TreeEntryType.Fifo,
            _ => throw Corrupt(EntryOffset, $"an entry of type '{ByteText.Escape([type])}', which is not known here"),
        };
        if (kind != TreeEntryType.File || IsHardLink)
        {
            _left = _padding = IsHardLink || _left == 0 ? 0 : throw Corrupt(EntryOffset, "an entry that is no file has data");
        }

        var time = new UnixTime(TarFields.Octal(_block, EntryOffset, 136, 12), 0);
        if (_records.TryGetValue("mtime", out byte[]? text) && !TarTime.TryParse(text, out time))
        {
            throw Corrupt(EntryOffset, "a time is malformed");
        }

        Entry = new TreeEntry(
            Trim(_records.GetValueOrDefault("path") ?? TarFields.Name(_block)), kind, (int)(TarFields.Octal(_block, EntryOffset, 100, 8) & 0xFFF),
            (uint)Number("uid", TarFields.Octal(_block, EntryOffset, 108, 8), uint.MaxValue), (uint)Number("gid", TarFields.Octal(_block, EntryOffset, 116, 8), uint.MaxValue), _left, time)
        {
            LinkTarget = _records.GetValueOrDefault("linkpath") ?? TarFields.Text(_block, 157, 100),
            DeviceMajor = kind is TreeEntryType.CharacterDevice or TreeEntryType.BlockDevice ? (uint)Math.Min(TarFields.Octal(_block, EntryOffset, 329, 8), uint.MaxValue) : 0,
            DeviceMinor = kind is TreeEntryType.CharacterDevice or TreeEntryType.BlockDevice ? (uint)Math.Min(TarFields.Octal(_block, EntryOffset, 337, 8), uint.MaxValue) : 0,
            Attributes = [.. _attributes],
        };
    }

    /// <summary>A path without <c>./</c> before it and slashes behind it.</summary>
    internal BytePath Trim(ReadOnlyMemory<byte> path)
    {
        ReadOnlySpan<byte> span = path.Span;
        int end = span.TrimEnd((byte)'/').Length;
        int start = 0;
        while (span[start..end].StartsWith("./"u8))
        {
            start += 2;
        }

        if (end == 0 || span.Contains((byte)0))
        {
            throw Corrupt(EntryOffset, "a path is empty, is the root of the file system or holds a NUL byte");
        }

        return span[start..end] is [(byte)'.'] ? default : new BytePath(path[start..end]);
    }

    private ulong Number(string key, long otherwise, long limit)
    {
        if (!_records.TryGetValue(key, out byte[]? text))
        {
            return otherwise <= limit ? (ulong)otherwise : throw Corrupt(EntryOffset, $"the {key} is out of range");
        }

        return ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong value) && value <= (ulong)limit
            ? value
            : throw Corrupt(EntryOffset, $"the {key} is not a number in range");
    }

    private void SkipData()
    {
        while (_left > 0)
        {
            ReadData(_skip);
        }

        Fill(_skip.AsSpan(0, (int)_padding));
        _padding = 0;
    }

    private void ReadEnd()
    {
        ReadBlock();
        do
        {
            if (_block.AsSpan().ContainsAnyExcept((byte)0))
            {
                throw Corrupt(Position - TarWriter.BlockBytes, "something follows the archive's end");
            }
        }
        while (TryReadBlock());
    }

    private bool TryReadBlock()
    {
        int got = input.ReadAtLeast(_block, _block.Length, throwOnEndOfStream: false);
        _block.AsSpan(got).Clear();
        Position += got;
        return got > 0;
    }

    private void ReadBlock() => Fill(_block);

    private void Fill(Span<byte> buffer)
    {
        int got = input.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
        Position += got;
        if (got < buffer.Length)
        {
            throw Corrupt(Position, "the archive ends early; it was cut off");
        }
    }
}
