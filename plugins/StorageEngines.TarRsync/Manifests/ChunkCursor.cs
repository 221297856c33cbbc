using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Walks over chunks, which have lengths of their own.</summary>
internal sealed class ChunkCursor : BlockCursor
{
    private readonly FileContent _content;
    private readonly long _size;
    private readonly ListFrame[] _frames;
    private readonly ChunkWindow _window = new();
    private int _frame = -1;
    private int _item;
    private long _next;

    internal ChunkCursor(FileContent content, long size)
    {
        (_content, _size) = (content, size);
        _frames = content.Kind == FileContent.ChunksFramed ? ListFrame.Read(content, size, StoreFormat.BlockSize) : [new ListFrame(0, 0, 0, size)];
    }

    /// <inheritdoc/>
    internal override long RunEnd => Block.IsHole ? _window.Ends[_item] : _next;

    /// <inheritdoc/>
    internal override bool MoveNext()
    {
        if (_next >= _size)
            return false;
        if (_frame < 0 || _next >= _frames[_frame].End || _next < _frames[_frame].Start)
            Load();
        while (_window.Ends[_item] <= _next)
            _item++;
        Offset = _next;
        long left = _window.Ends[_item] - _next;
        Block = new BlockRef(_window.Ids[_item], (int)Math.Min(left, StoreFormat.MaxBlock));
        _next += Block.Length;
        return true;
    }

    /// <inheritdoc/>
    internal override void Seek(long offset)
    {
        _next = Math.Clamp(offset, 0, _size);
        if (_next == _size)
            return;
        Load();
        // A hole is cut into pieces from its start on, wherever one begins to read.
        long start = _item == 0 ? _frames[_frame].Start : _window.Ends[_item - 1];
        _next -= (_next - start) % (_window.Ids[_item].IsHole ? StoreFormat.MaxBlock : long.MaxValue);
    }

    // Goes to the frame and the item that hold _next.
    private void Load()
    {
        if (_frame < 0 || _next < _frames[_frame].Start || _next >= _frames[_frame].End)
        {
            int found = FrameOf(_next);
            _frame = -1;
            if (_content.Kind == FileContent.ChunksFramed)
                ChunkRuns.ReadFrame(_content, _frames[found], _window);
            else
                ChunkRuns.Read(new SpanReader(_content.Encoded.Span, _content.SourceName, 0, 1), _frames[found], FileContent.MaxInlineBlocks, _window);
            _frame = found;
        }
        _item = _window.Find(_next);
    }

    private int FrameOf(long offset)
    {
        int low = 0;
        int high = _frames.Length - 1;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_frames[middle].End <= offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
