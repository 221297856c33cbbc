using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Reads the entries of a frame one after the other; the counterpart of <see cref="RecordEncoder"/>.</summary>
internal sealed class RecordDecoder
{
    private byte[] _path = new byte[4096];
    private int _pathLength;
    private UnpackedFrame _unpacked = new([], 0, 0, 0, false, 0);
    private byte[] _frame = [];
    private int _position;
    private int _contentEnd;
    private int _left;
    private ManifestEntry _current;

    /// <summary>The current entry.</summary>
    internal ref readonly ManifestEntry Current => ref _current;

    /// <summary>Entries of the frame that are still to come.</summary>
    internal int Left => _left;

    /// <summary>The frame.</summary>
    internal byte[] Frame => _frame;

    /// <summary>The records can be copied as they are, because no content is among them.</summary>
    internal bool IsSplit => _unpacked.IsSplit;

    /// <summary>Where the current record ends in the frame.</summary>
    internal int RecordEnd => _position;

    /// <summary>Where the contents up to the current one end in the frame, if they are apart.</summary>
    internal int ContentEnd => _contentEnd;

    /// <summary>Begins a frame.</summary>
    internal void Reset(in UnpackedFrame frame)
    {
        _unpacked = frame;
        _frame = frame.Bytes;
        _position = 0;
        _contentEnd = frame.RecordsLength;
        _left = frame.Items;
        _pathLength = 0;
        _current = default;
    }

    /// <summary>Reads the next entry; false at the end of the frame.</summary>
    internal bool MoveNext(ManifestFile owner)
    {
        var input = new SpanReader(_frame.AsSpan(0, _unpacked.RecordsLength), owner.Name, _unpacked.Offset, _position);
        if (_left == 0)
            return input.AtEnd && _contentEnd == (_unpacked.IsSplit ? _unpacked.Length : _unpacked.RecordsLength) ? false : throw input.Corrupt("bytes follow the entries");
        _left--;
        ReadPath(ref input);
        ulong word = input.ReadVarint();
        if (word > (ulong)RecordFlags.Known)
            throw input.Corrupt("an entry has properties that this format does not know");
        var flags = (RecordFlags)word;
        _current.Type = (TreeEntryType)(byte)(flags & RecordFlags.TypeMask);
        if (_current.Type is not (TreeEntryType.Fifo or TreeEntryType.CharacterDevice or TreeEntryType.Directory or TreeEntryType.BlockDevice
            or TreeEntryType.File or TreeEntryType.SymbolicLink or TreeEntryType.Socket))
            throw input.Corrupt("an entry has an unknown type");
        ReadNumbers(ref input, flags);
        ReadTimes(ref input, flags);
        _current.Inode = unchecked(_current.Inode + (ulong)input.ReadSigned());
        ReadRest(ref input, flags, owner);
        _position = input.Position;
        return true;
    }

    private void ReadPath(ref SpanReader input)
    {
        ulong shared = input.ReadVarint();
        if (shared > (ulong)_pathLength)
            throw input.Corrupt("a path shares more bytes than the one before has");
        ReadOnlySpan<byte> suffix = _frame.AsSpan(input.ReadBlob());
        if (suffix.Contains((byte)0))
            throw input.Corrupt("a path holds a NUL byte");
        int length = (int)shared + suffix.Length;
        if (length > _path.Length)
            Array.Resize(ref _path, length * 2);
        suffix.CopyTo(_path.AsSpan((int)shared));
        _pathLength = length;
        _current.Path = _path.AsMemory(0, length);
    }

    private void ReadNumbers(ref SpanReader input, RecordFlags flags)
    {
        if ((flags & RecordFlags.SameOwner) == 0)
        {
            _current.Mode = input.ReadUInt32();
            _current.UserId = input.ReadUInt32();
            _current.GroupId = input.ReadUInt32();
        }
        if ((flags & RecordFlags.SameDevice) == 0)
        {
            _current.DeviceMajor = input.ReadUInt32();
            _current.DeviceMinor = input.ReadUInt32();
        }
        _current.Size = input.ReadInt64();
        _current.ChangedWhileRead = (flags & RecordFlags.ChangedWhileRead) != 0;
        if (_current.Mode > 0xFFF)
            throw input.Corrupt("a mode is larger than 07777");
    }

    private void ReadTimes(ref SpanReader input, RecordFlags flags)
    {
        _current.ModifiedAt = ReadTime(ref input, _current.ModifiedAt.Seconds);
        _current.ChangedAt = (flags & RecordFlags.SameTimes) != 0 ? _current.ModifiedAt : ReadTime(ref input, _current.ModifiedAt.Seconds);
        _current.BirthTime = (flags & RecordFlags.HasBirthTime) != 0 ? ReadTime(ref input, _current.ModifiedAt.Seconds) : null;
    }

    private static PosixTime ReadTime(ref SpanReader input, long near)
        => new(unchecked(near + input.ReadSigned()), input.ReadNanoseconds());

    private void ReadRest(ref SpanReader input, RecordFlags flags, ManifestFile owner)
    {
        _current.LinkCount = (flags & RecordFlags.HasLinkCount) != 0 ? input.ReadUInt32() : 1;
        _current.NodeMajor = (flags & RecordFlags.HasNode) != 0 ? input.ReadUInt32() : 0;
        _current.NodeMinor = (flags & RecordFlags.HasNode) != 0 ? input.ReadUInt32() : 0;

        // Few entries have the next two: what need not be written is not, because the collector is told of each reference that is.
        if ((flags & RecordFlags.HasTarget) != 0)
            _current.LinkTarget = _frame.AsMemory(input.ReadBlob());
        else if (!_current.LinkTarget.IsEmpty)
            _current.LinkTarget = default;
        if ((flags & RecordFlags.HasAttributes) != 0)
            _current.Attributes = ReadAttributes(ref input);
        else if (_current.Attributes is not null)
            _current.Attributes = null;
        if ((flags & RecordFlags.HasContent) != 0)
            TakeContent(ref input, owner);
        else if (_current.Content.Owner is not null)
            _current.Content = default;
    }

    private void TakeContent(ref SpanReader input, ManifestFile owner)
    {
        ReadOnlyMemory<byte> content = ReadContent(ref input);
        if (_unpacked.HasContents)
            _current.Content = new FileContent(content, owner);
    }

    private ReadOnlyMemory<byte> ReadContent(ref SpanReader input)
    {
        if (!_unpacked.IsSplit)
            return _frame.AsMemory(input.ReadBlob());
        ulong length = input.ReadVarint();
        if (length > (ulong)(_unpacked.Length - _contentEnd))
            throw input.Corrupt("a content points beyond the end");
        _contentEnd += (int)length;
        if (!_unpacked.HasContents)
            return default;
        return _frame.AsMemory(_contentEnd - (int)length, (int)length);
    }

    private ExtendedAttribute[] ReadAttributes(ref SpanReader input)
    {
        ulong count = input.ReadVarint();
        if (count > (ulong)input.Remaining / 2)
            throw input.Corrupt("there are fewer attributes than the entry says");
        var attributes = new ExtendedAttribute[count];
        for (int i = 0; i < attributes.Length; i++)
        {
            Range name = input.ReadBlob();
            attributes[i] = new ExtendedAttribute(_frame.AsMemory(name), _frame.AsMemory(input.ReadBlob()));
        }
        return attributes;
    }
}
