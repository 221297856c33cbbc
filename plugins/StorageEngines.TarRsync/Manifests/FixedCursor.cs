using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Walks over blocks of one size; the last one of a file may be shorter.</summary>
internal sealed class FixedCursor : BlockCursor
{
    private readonly FileContent _content;
    private readonly long _size;
    private readonly int _blockSize;
    private readonly long _blockCount;
    private readonly ListFrame[] _frames = [];
    private BlockId[] _window = [];
    private long _windowStart = -1;
    private long _next;

    internal FixedCursor(FileContent content, long size, int blockSize)
    {
        _content = content;
        _size = size;
        _blockSize = blockSize;
        _blockCount = size == 0 ? 0 : ((size - 1) / blockSize) + 1;
        switch (content.Kind)
        {
            case FileContent.None:
                break;
            case FileContent.Inline when _blockCount <= FileContent.MaxInlineBlocks:
                var input = new SpanReader(content.Encoded.Span, content.SourceName, 0, 1);
                _window = new BlockId[_blockCount];
                _windowStart = 0;
                BlockRuns.Read(ref input, _window);
                break;
            case FileContent.Framed or FileContent.FramedHashed:
                _frames = ListFrame.Read(content, size, blockSize);
                break;
            default:
                throw StoreErrors.Corrupt(content.SourceName, null, "a file's list of blocks has an unknown kind, or does not fit the file's size");
        }
    }

    /// <inheritdoc/>
    internal override bool MoveNext()
    {
        if (_next >= _blockCount)
            return false;
        long index = _next++;
        Offset = index * _blockSize;
        Block = new BlockRef(IdAt(index), (int)Math.Min(_blockSize, _size - Offset));
        return true;
    }

    /// <inheritdoc/>
    internal override void Seek(long offset) => _next = Math.Clamp(offset, 0, _size) / _blockSize;

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
        BlockRuns.ReadFrame(_content, _frames[frame].List, _window);
        _windowStart = start;
    }
}
