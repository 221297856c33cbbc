using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>The fixed blocks that a file had in the snapshot before. Holds one list frame. Not thread-safe.</summary>
internal sealed class PreviousBlocks
{
    private readonly FileContent _content;
    private readonly ListFrame[] _frames;
    private readonly BlockWindow _window = new();
    private readonly long _blocks;
    private Sum128[] _hashes = [];
    private long _frame = -1;
    private bool _hashed;

    internal PreviousBlocks(PreviousContent previous)
    {
        _content = previous.Content;
        bool isFixed = previous.Size > StoreFormat.BlockSize && !_content.IsChunks;
        _frames = isFixed && _content.IsFramed ? ListFrame.Read(_content, previous.Size, StoreFormat.BlockSize) : [];
        _blocks = isFixed && (_content.IsFramed || _content.Kind == FileContent.Inline) ? ((previous.Size - 1) / StoreFormat.BlockSize) + 1 : 0;
    }

    /// <summary>Tells what blocks were.</summary>
    /// <param name="first">The number of the first one.</param>
    /// <param name="ids">Takes their ids; the default value where nothing is known, and for holes.</param>
    /// <param name="hashes">Takes their fast hashes; 0 where none is known. Empty if they are not wanted.</param>
    internal void Find(long first, Span<BlockId> ids, Span<Sum128> hashes)
    {
        ids.Clear();
        hashes.Clear();
        for (int done = 0; done < ids.Length && first + done < _blocks;)
        {
            Load((first + done) / FileContent.BlocksPerFrame);
            int at = (int)((first + done) % FileContent.BlocksPerFrame);
            int run = _window.Find(at);
            int some = Math.Min(_window.End(run) - at, ids.Length - done);
            if (_window.FirstId(run) is >= 0 and var start)
            {
                start += at - _window.Start(run);
                _window.Ids.Slice(start, some).CopyTo(ids[done..]);
                if (_hashed && !hashes.IsEmpty)
                    _hashes.AsSpan(start, some).CopyTo(hashes[done..]);
            }
            done += some;
        }
    }

    private void Load(long frame)
    {
        if (_frame == frame)
            return;
        _frame = -1;
        int count = (int)Math.Min(FileContent.BlocksPerFrame, _blocks - (frame * FileContent.BlocksPerFrame));
        if (_frames.Length == 0)
        {
            var input = new SpanReader(_content.Encoded.Span, _content.SourceName, 0, 1);
            BlockRuns.Read(ref input, count, _window);
        }
        else
        {
            BlockRuns.ReadFrame(_content, _frames[frame].List, count, _window);
            if (_hashes.Length < _window.IdCount)
                _hashes = new Sum128[_window.IdCount];
            _hashed = FastHashes.TryRead(_content, _frames[frame], _window.Ids, _hashes);
        }
        _frame = frame;
    }
}
