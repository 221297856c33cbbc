using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// The chunks that a file had in the snapshot before. Where the file goes on as it did there, its chunks are known by a fast hash, and neither cut nor hashed again; also behind
/// a place where something was inserted or deleted, as soon as one chunk is found again. Holds one list frame. Not thread-safe.
/// </summary>
internal sealed class OldChunks
{
    private readonly FileContent _content;
    private readonly ListFrame[] _frames;
    private readonly ChunkWindow _window = new();
    private readonly Dictionary<Sum128, int> _byHash = [];
    private Sum128[] _hashes = [];
    private bool _indexed;
    private int _frame = -1;
    private int _expected = -1;

    internal OldChunks(PreviousContent previous)
    {
        _content = previous.Content;
        _frames = previous.Content.Kind == FileContent.ChunksFramed ? ListFrame.Read(_content, previous.Size, StoreFormat.BlockSize) : [];
    }

    /// <summary>There are some, with fast hashes.</summary>
    internal bool IsUseful => _frames.Length > 0;

    /// <summary>Tries whether the bytes go on with the chunk that came next in the snapshot before, or that was at this place of the file.</summary>
    /// <param name="ahead">The bytes.</param>
    /// <param name="offset">Their place in the file.</param>
    /// <param name="atEnd">The bytes end with the data: only then may a chunk end that ended for want of more.</param>
    /// <param name="fast">The hash.</param>
    /// <param name="block">The chunk.</param>
    /// <param name="hash">Its fast hash.</param>
    internal bool TryNext(ReadOnlySpan<byte> ahead, long offset, bool atEnd, KeyedXxh3 fast, out BlockRef block, out Sum128 hash)
    {
        int expected = Expected();
        if (expected >= 0 && Matches(expected, ahead, atEnd, fast, out block, out hash))
            return true;
        int there = At(offset);
        if (there >= 0 && there != expected && Matches(there, ahead, atEnd, fast, out block, out hash))
            return true;
        (block, hash, _expected) = (default, default, -1);
        return false;
    }

    /// <summary>Looks for a chunk that was cut anew, by its fast hash.</summary>
    internal bool TryFind(Sum128 hash, int length, out BlockRef block)
    {
        block = default;
        if (_frame < 0)
            return false;
        if (!_indexed)
        {
            for (int i = 0; i < _window.Count; i++)
            {
                if (!_window.Ids[i].IsHole)
                    _byHash.TryAdd(_hashes[i], i);
            }
            _indexed = true;
        }
        if (!_byHash.TryGetValue(hash, out int at) || Length(at) != length)
            return false;
        block = new BlockRef(_window.Ids[at], length);
        _expected = at + 1;
        return true;
    }

    private bool Matches(int at, ReadOnlySpan<byte> ahead, bool atEnd, KeyedXxh3 fast, out BlockRef block, out Sum128 hash)
    {
        long length = Length(at);
        block = default;
        hash = default;
        if (_window.Ids[at].IsHole || length > ahead.Length || (EndsForWantOfMore(at) && !(atEnd && length == ahead.Length)))
            return false;
        hash = fast.Hash(ahead[..(int)length]);
        if (hash != _hashes[at])
            return false;
        block = new BlockRef(_window.Ids[at], (int)length);
        _expected = at + 1;
        return true;
    }

    private long Length(int at) => _window.Ends[at] - (at == 0 ? _frames[_frame].Start : _window.Ends[at - 1]);

    // The last chunk of a file or before a hole was not cut by its content.
    private bool EndsForWantOfMore(int at) => at + 1 < _window.Count ? _window.Ids[at + 1].IsHole : true;

    private int Expected()
    {
        if (_expected < 0 || _expected < _window.Count)
            return _expected;
        if (_frame + 1 >= _frames.Length)
            return -1;
        Load(_frame + 1);
        return _expected = 0;
    }

    private int At(long offset)
    {
        if (offset >= _frames[^1].End)
            return -1;
        if (_frame < 0 || offset < _frames[_frame].Start || offset >= _frames[_frame].End)
        {
            int frame = 0;
            while (_frames[frame].End <= offset)
                frame++;
            Load(frame);
        }
        int at = _window.Find(offset);
        return (at == 0 ? _frames[_frame].Start : _window.Ends[at - 1]) == offset ? at : -1;
    }

    private void Load(int frame)
    {
        _frame = -1;
        ChunkRuns.ReadFrame(_content, _frames[frame], _window);
        if (_hashes.Length < _window.Count)
            _hashes = new Sum128[_window.Count];
        if (!FastHashes.TryRead(_content, _frames[frame], _window.Ids.AsSpan(0, _window.Count), _hashes))
            Array.Clear(_hashes);
        _byHash.Clear();
        (_indexed, _frame, _expected) = (false, frame, -1);
    }
}
