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
    private readonly BlockWindow _window = new();
    private long _windowStart = -1;
    private int _run;
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
                _windowStart = 0;
                BlockRuns.Read(ref input, (int)_blockCount, _window);
                break;
            case FileContent.Framed or FileContent.FramedHashed:
                _frames = ListFrame.Read(content, size, blockSize);
                break;
            default:
                throw StoreErrors.Corrupt(content.SourceName, null, "a file's list of blocks has an unknown kind, or does not fit the file's size");
        }
    }

    /// <inheritdoc/>
    internal override long RunEnd => Block.IsHole ? HoleEnd() : Offset + Block.Length;

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
    internal override void Seek(long offset) => _next = offset >= _size ? _blockCount : Math.Max(0, offset) / _blockSize;

    private BlockId IdAt(long index)
    {
        if (_content.Kind == FileContent.None)
            return default;
        if (_windowStart < 0 || index < _windowStart || index >= _windowStart + _window.Count)
            LoadFrame(index / FileContent.BlocksPerFrame);
        int at = (int)(index - _windowStart);
        if (at < _window.Start(_run) || at >= _window.End(_run))
            _run = _window.Find(at);
        int first = _window.FirstId(_run);
        return first < 0 ? default : _window.Ids[first + at - _window.Start(_run)];
    }

    private long HoleEnd()
    {
        if (_content.Kind == FileContent.None)
            return _size;
        long end = _windowStart + _window.End(_run);
        // Frames that are nothing but holes say so without being read.
        for (long frame = end / FileContent.BlocksPerFrame; end < _blockCount && end % FileContent.BlocksPerFrame == 0 && _frames[frame].List == 0; frame++)
            end = Math.Min(end + FileContent.BlocksPerFrame, _blockCount);
        return end < _blockCount ? end * _blockSize : _size;
    }

    private void LoadFrame(long frame)
    {
        _windowStart = -1;
        long start = frame * FileContent.BlocksPerFrame;
        BlockRuns.ReadFrame(_content, _frames[frame].List, (int)Math.Min(FileContent.BlocksPerFrame, _blockCount - start), _window);
        _run = 0;
        _windowStart = start;
    }
}
