using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Walks over the blocks of a file, one at a time; a hole is one block too. Holds at most one list frame. Not thread-safe.</summary>
internal sealed class BlockCursor
{
    private readonly FileContent _content;
    private readonly long _size;
    private readonly int _blockSize;
    private readonly long _blockCount;
    private readonly long[] _frames = [];
    private BlockId[] _window = [];
    private long _windowStart = -1;
    private long _next;

    internal BlockCursor(FileContent content, long size, int blockSize)
    {
        _content = content;
        _size = size;
        _blockSize = blockSize;
        _blockCount = size == 0 ? 0 : ((size - 1) / blockSize) + 1;
        string name = content.Owner?.Name ?? "the list of blocks";
        var input = new SpanReader(content.Encoded.Span, name, 0);
        switch (content.Kind)
        {
            case FileContent.None:
                break;
            case FileContent.Inline when _blockCount <= FileContent.MaxInlineBlocks:
                input.ReadByte();
                _window = new BlockId[_blockCount];
                _windowStart = 0;
                BlockRuns.Read(ref input, _window);
                break;
            case FileContent.Framed:
                input.ReadByte();
                _frames = ReadFrames(ref input, _blockCount);
                break;
            default:
                throw StoreErrors.Corrupt(name, null, "a file's list of blocks has an unknown kind, or does not fit the file's size");
        }
    }

    /// <summary>The byte offset of the current block.</summary>
    internal long Offset { get; private set; }

    /// <summary>The current block; the last one of a file may be shorter.</summary>
    internal BlockRef Block { get; private set; }

    /// <summary>How many blocks the file has.</summary>
    internal long BlockCount => _blockCount;

    /// <summary>Goes to the next block.</summary>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="CorruptDataException">A list frame is damaged.</exception>
    internal bool MoveNext()
    {
        if (_next >= _blockCount)
            return false;
        long index = _next++;
        Offset = index * _blockSize;
        Block = new BlockRef(IdAt(index), (int)Math.Min(_blockSize, _size - Offset));
        return true;
    }

    /// <summary>Makes the block that holds <paramref name="offset"/> the next one.</summary>
    internal void Seek(long offset) => _next = Math.Clamp(offset, 0, _size) / _blockSize;

    private BlockId IdAt(long index)
    {
        if (_content.Kind == FileContent.None)
            return default;
        if (_windowStart < 0 || index < _windowStart || index >= _windowStart + _window.Length)
            LoadFrame(index / FileContent.BlocksPerFrame);
        return _window[index - _windowStart];
    }

    private void LoadFrame(long frame)
    {
        _windowStart = -1;
        long start = frame * FileContent.BlocksPerFrame;
        int count = (int)Math.Min(FileContent.BlocksPerFrame, _blockCount - start);
        if (_window.Length != count)
            _window = new BlockId[count];
        if (_frames[frame] == 0)
        {
            Array.Clear(_window);
        }
        else
        {
            ManifestFile owner = _content.Owner ?? throw new InvalidOperationException("The list's frames are still being written.");
            byte[] bytes = owner.ReadFrame(_frames[frame], FrameKind.BlockList, out _);
            var input = new SpanReader(bytes, owner.Name, _frames[frame]);
            BlockRuns.Read(ref input, _window);
        }
        _windowStart = start;
    }

    /// <summary>Reads the offsets of the list frames; 0 stands for a frame of nothing but holes.</summary>
    internal static long[] ReadFrames(ref SpanReader input, long blockCount)
    {
        long wanted = blockCount == 0 ? 0 : ((blockCount - 1) / FileContent.BlocksPerFrame) + 1;
        ulong count = input.ReadVarint();
        // Each offset takes a byte at least, so the bytes that are there bound what is allocated.
        if (count != (ulong)wanted || count > (ulong)input.Remaining)
            throw input.Corrupt("the number of list frames does not fit the file's size");
        var frames = new long[count];
        for (int i = 0; i < frames.Length; i++)
            frames[i] = input.ReadInt64();
        return input.AtEnd ? frames : throw input.Corrupt("bytes follow the offsets of the list frames");
    }
}
