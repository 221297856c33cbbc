using System.Runtime.InteropServices;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Collects the chunks of one file in order. Memory is bounded: long lists go to the manifest frame by frame. One thread at a time.</summary>
internal sealed class ChunkListBuilder(ManifestWriter writer)
{
    private readonly ChunkWindow _window = new();
    private readonly List<ListFrame> _frames = [];
    private Sum128[] _hashes = new Sum128[FileContent.MaxInlineBlocks];
    private int _chunks;
    private long _start;
    private long _end;
    private bool _anyData;
    private bool _hashed;

    /// <summary>Appends a chunk.</summary>
    /// <param name="block">The chunk; all-zero ones join the hole before them.</param>
    /// <param name="hash">Its fast hash, or 0; either all chunks of a file have one, or none.</param>
    internal void Add(BlockRef block, Sum128 hash)
    {
        if (block.IsHole)
        {
            AddHole(block.Length);
            return;
        }
        if (_chunks == FileContent.BlocksPerFrame)
            Flush();
        _end += block.Length;
        if (_window.Count >= _hashes.Length)
            Array.Resize(ref _hashes, Math.Max(_window.Count + 1, _hashes.Length * 4));
        _hashes[_window.Count] = hash;
        _hashed |= !hash.IsZero;
        _window.Add(block.Id, _end);
        _chunks++;
        _anyData = true;
    }

    /// <summary>Appends a hole of any length.</summary>
    internal void AddHole(long length)
    {
        if (length == 0)
            return;
        _end += length;
        if (_window.Count > 0 && _window.Ids[_window.Count - 1].IsHole)
            _window.Ends[_window.Count - 1] = _end;
        else
            _window.Add(default, _end);
    }

    /// <summary>Ends the list.</summary>
    internal FileContent Finish()
    {
        if (!_anyData)
            return default;
        // One chunk is one fixed block too, and is written as that, whoever cut it.
        if (_frames.Count == 0 && _window.Count == 1 && _end <= StoreFormat.BlockSize)
            return FileContent.OfOneBlock(_window.Ids[0]);
        var output = new ByteBuffer(64 + (_frames.Count == 0 ? _chunks * (BlockId.Size + 3) : _frames.Count * 16));
        if (_frames.Count > 0 || _chunks > FileContent.MaxInlineBlocks)
        {
            Flush();
            ListFrame.Append(output, FileContent.ChunksFramed, CollectionsMarshal.AsSpan(_frames));
        }
        else
        {
            output.Append([FileContent.ChunksInline]);
            ChunkRuns.Append(output, _window, _start);
        }
        return new FileContent(output.Span.ToArray(), null);
    }

    private void Flush()
    {
        ReadOnlySpan<BlockId> ids = _window.Ids.AsSpan(0, _window.Count);
        long list = _chunks == 0 ? 0 : writer.WriteListFrame(_window, _chunks, _start);
        _frames.Add(new ListFrame(list, _chunks > 0 && _hashed ? writer.WriteHashFrame(ids, _hashes) : 0, _start, _end));
        _window.Clear();
        (_chunks, _start) = (0, _end);
    }
}
