using System.Runtime.InteropServices;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>
/// Collects the blocks of one file in order. Every block but the last has the store's block size. Memory is bounded: long lists go to the manifest
/// frame by frame. One thread at a time; several builders may be in use side by side.
/// </summary>
internal sealed class ContentBuilder
{
    private readonly ManifestWriter _writer;
    private readonly int _blockSize;
    private readonly BlockWindow _window;
    private List<ListFrame>? _frames;
    private Sum128[] _hashes = [];
    private bool _anyData;
    private bool _hashed;
    private bool _shortBlock;

    internal ContentBuilder(ManifestWriter writer, int blockSize, BlockWindow window)
    {
        _writer = writer;
        _blockSize = blockSize;
        _window = window;
    }

    /// <summary>Appends a block, or a hole of at most one block.</summary>
    internal void Add(BlockRef block)
    {
        if (block.IsHole)
        {
            AddHole(block.Length);
            return;
        }
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(block.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(block.Length, _blockSize);
        Advance(block.Length);
        _window.Add(block.Id);
        _anyData = true;
    }

    /// <summary>Appends a block with its fast hash; either all blocks of a file have one, or none. A short list leaves them out.</summary>
    internal void Add(BlockRef block, Sum128 hash)
    {
        Add(block);
        if (block.IsHole)
            return;
        _hashed = true;
        if (_hashes.Length < _window.IdCount)
            Array.Resize(ref _hashes, Math.Clamp(_window.IdCount * 4, 64, FileContent.BlocksPerFrame));
        _hashes[_window.IdCount - 1] = hash;
    }

    /// <summary>Appends a hole: whole blocks, or up to the end of the file.</summary>
    internal void AddHole(long length)
    {
        while (length > 0)
        {
            long room = (long)(FileContent.BlocksPerFrame - (_window.Count % FileContent.BlocksPerFrame)) * _blockSize;
            long some = Math.Min(length, room);
            Advance(some);
            _window.AddHole((int)((some + _blockSize - 1) / _blockSize));
            length -= some;
        }
    }

    /// <summary>Ends the list; the builder is of no more use then.</summary>
    internal FileContent Finish()
    {
        FileContent content = _anyData ? Encode() : default;
        _writer.TakeBack(_window);
        return content;
    }

    private FileContent Encode()
    {
        var output = new ByteBuffer(64 + (_frames is null ? _window.IdCount * BlockId.Size : _frames.Count * 12));
        if (_frames is null && _window.Count <= FileContent.MaxInlineBlocks)
        {
            output.Append([FileContent.Inline]);
            BlockRuns.Append(output, _window);
        }
        else
        {
            Flush();
            ListFrame.Append(output, _hashed ? FileContent.FramedHashed : FileContent.Framed, CollectionsMarshal.AsSpan(_frames));
        }
        return new FileContent(output.Span.ToArray(), null);
    }

    private void Advance(long length)
    {
        if (_shortBlock)
            throw new InvalidOperationException("Only the last block of a file may be shorter than the block size.");
        _shortBlock = length % _blockSize != 0;
        if (_window.Count == FileContent.BlocksPerFrame)
            Flush();
    }

    private void Flush()
    {
        if (_window.Count == 0)
            return;
        bool data = _window.IdCount > 0;
        long list = data ? _writer.WriteListFrame(_window) : 0;
        (_frames ??= []).Add(new ListFrame(list, data && _hashed ? _writer.WriteHashFrame(_window.Ids, _hashes) : 0, 0, 0));
        _window.Clear();
    }
}
