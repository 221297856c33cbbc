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
    private readonly List<ListFrame> _frames = [];
    private BlockId[] _window = new BlockId[4]; // most files are small
    private UInt128[] _hashes = [];
    private int _count;
    private bool _anyData;
    private bool _hashed;
    private bool _shortBlock;

    internal ContentBuilder(ManifestWriter writer, int blockSize)
    {
        _writer = writer;
        _blockSize = blockSize;
    }

    /// <summary>Appends a block, or a hole of at most one block.</summary>
    internal void Add(BlockRef block) => Add(block, 0, hashed: false);

    /// <summary>Appends a block with its fast hash; either all blocks of a file have one, or none. A short list leaves them out.</summary>
    internal void Add(BlockRef block, UInt128 hash) => Add(block, hash, hashed: true);

    /// <summary>Appends a hole: whole blocks, or up to the end of the file.</summary>
    internal void AddHole(long length)
    {
        for (; length > 0; length -= Math.Min(length, _blockSize))
            Add(BlockRef.Hole((int)Math.Min(length, _blockSize)), 0, _hashed);
    }

    /// <summary>Ends the list.</summary>
    internal FileContent Finish()
    {
        if (!_anyData)
            return default;
        var output = new ByteBuffer(64 + (_frames.Count == 0 ? _count * BlockId.Size : _frames.Count * 12));
        if (_frames.Count == 0 && _count <= FileContent.MaxInlineBlocks)
        {
            output.Append([FileContent.Inline]);
            BlockRuns.Append(output, _window.AsSpan(0, _count));
        }
        else
        {
            Flush();
            ListFrame.Append(output, _hashed ? FileContent.FramedHashed : FileContent.Framed, _frames);
        }
        return new FileContent(output.Span.ToArray(), null);
    }

    private void Add(BlockRef block, UInt128 hash, bool hashed)
    {
        if (_shortBlock || block.Length <= 0 || block.Length > _blockSize)
            throw new InvalidOperationException("Only the last block of a file may be shorter than the block size, and none is longer.");
        _shortBlock = block.Length < _blockSize;
        if (_count == _window.Length)
            Grow();
        if (hashed)
        {
            if (_hashes.Length < _window.Length)
                Array.Resize(ref _hashes, _window.Length);
            _hashes[_count] = hash;
            _hashed = true;
        }
        _window[_count++] = block.Id;
        _anyData |= !block.IsHole;
    }

    private void Grow()
    {
        if (_window.Length < FileContent.BlocksPerFrame)
            Array.Resize(ref _window, Math.Min(_window.Length * 4, FileContent.BlocksPerFrame));
        else
            Flush();
    }

    private void Flush()
    {
        if (_count == 0)
            return;
        ReadOnlySpan<BlockId> blocks = _window.AsSpan(0, _count);
        bool data = blocks.ContainsAnyExcept(default(BlockId));
        long list = data ? _writer.WriteListFrame(blocks) : 0;
        _frames.Add(new ListFrame(list, data && _hashed ? _writer.WriteHashFrame(blocks, _hashes) : 0, 0, 0));
        _count = 0;
    }
}
