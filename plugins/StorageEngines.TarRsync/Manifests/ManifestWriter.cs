using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>Writes a manifest to an open file, streaming. Entries come from one thread; block lists may come from several.</summary>
internal sealed class ManifestWriter
{
    /// <summary>A frame of a manifest that is written anew ends when it has so many bytes.</summary>
    private const int FrameTarget = 60 << 10;

    /// <summary>Frames of an older manifest are kept apart if what is between them has at least so many bytes; else it is taken into one of them.</summary>
    private const int FrameLeast = 15 << 10;

    /// <summary>A frame that goes on from an older manifest's may grow so long before it is cut.</summary>
    private const int FrameMost = 96 << 10;

    private readonly CloneKeeper? _keepClone;
    private readonly SafeFileHandle _file;
    private readonly int _blockSize;
    private readonly string _name;
    private readonly Lock _gate = new();
    private readonly byte[] _header = new byte[ObjectHeader.Size];
    private readonly EntryFrame _frame = new(FrameMost + 4096);
    private readonly ByteBuffer _index = new(4096);
    private readonly ByteBuffer _content = new(256);
    private byte[] _scratch = new byte[FrameMost + 4096];
    private byte[] _copy = [];
    private byte[] _lastPath = [];
    private BlockWindow? _spare;
    private int _lastLength = -1;
    private int _frameLimit = FrameTarget;
    private long _position;
    private int _entryFrames;
    private long _entries;
    private long _files;
    private long _fileBytes;

    /// <summary>Begins a manifest. The keeper is asked for a content of this snapshot's own for each entry whose data is in a clone of an older one; by default there are none.</summary>
    internal ManifestWriter(SafeFileHandle file, Guid id, int blockSize, string name, CloneKeeper? keepClone = null)
    {
        (_file, _blockSize, _name, _keepClone) = (file, blockSize, name, keepClone);
        ObjectHeader.ForManifest(id).Write(_header);
        Write(_header);
    }

    /// <summary>Bytes written so far.</summary>
    internal long Length => _position;

    /// <summary>Entries so far.</summary>
    internal long Entries => _entries;

    /// <summary>A builder for one file's fixed blocks.</summary>
    internal ContentBuilder NewContent() => new(this, _blockSize, Interlocked.Exchange(ref _spare, null) ?? new BlockWindow());

    /// <summary>Takes a finished builder's window back, for the next one.</summary>
    internal void TakeBack(BlockWindow window)
    {
        window.Clear();
        _spare = window;
    }

    /// <summary>A builder for one file's chunks.</summary>
    internal ChunkListBuilder NewChunkList() => new(this);

    /// <summary>Appends an entry; paths strictly ascending in <see cref="TreeOrder"/>.</summary>
    /// <exception cref="InvalidOperationException">The path is not after the last one.</exception>
    internal void AddEntry(in ManifestEntry entry)
    {
        Add(in entry);
        if (_frame.Length >= _frameLimit)
            FlushEntries();
    }

    /// <summary>Appends entries of an older manifest that are unchanged.</summary>
    /// <exception cref="InvalidOperationException">The first path is not after the last one.</exception>
    internal void AddRun(UnchangedRun run)
    {
        if (_frame.Length >= FrameLeast && _frame.Length + run.Records.Length + run.Contents.Length > _frameLimit)
            FlushEntries();
        Add(in run.First);
        if (run.More > 0)
        {
            _frame.AddMore(run);
            _entries += run.More;
            _files += run.Files;
            _fileBytes += run.FileBytes;
            SetLast(run.LastPath);
        }
        if (_frame.Length >= _frameLimit)
            FlushEntries();
    }

    /// <summary>
    /// Says that the frames will go on from those of an older manifest: cuts are made at its cuts (<see cref="EndFrame"/>), so that what is unchanged can
    /// be copied again the next time.
    /// </summary>
    internal void FollowFrames() => _frameLimit = FrameMost;

    /// <summary>The entries of one of the older manifest's frames are in.</summary>
    internal void EndFrame()
    {
        if (_frame.Length >= FrameLeast)
            FlushEntries();
    }

    /// <summary>Takes a whole frame of an older manifest over as it stands; one by one if that would leave a tiny frame before it.</summary>
    /// <param name="source">The older manifest; the frame has a fingerprint.</param>
    /// <param name="frame">The frame's number.</param>
    /// <param name="lastPath">The path of its last entry.</param>
    /// <param name="files">How many regular files are in it.</param>
    /// <param name="fileBytes">The sum of their sizes.</param>
    internal void CopyFrame(ManifestFile source, int frame, ReadOnlySpan<byte> lastPath, long files, long fileBytes)
    {
        FramePlace place = source.Frames[frame];
        ReadOnlySpan<byte> stored = source.ReadStoredEntries(place, ref _copy, out FrameHeader header);
        if (_frame.Length is > 0 and < FrameLeast || header.RawLength < FrameLeast)
        {
            AddEntries(source, frame);
            EndFrame();
            return;
        }
        if (_frame.Items > 0)
            FlushEntries();
        RequireAfterLast(place.FirstPath);
        lock (_gate)
        {
            (place with { Offset = _position }).Append(_index);
            Write(stored);
        }
        _entryFrames++;
        _entries += header.Items;
        _files += files;
        _fileBytes += fileBytes;
        SetLast(lastPath);
    }

    /// <summary>Writes a part of a list of blocks; returns the frame's offset.</summary>
    internal long WriteListFrame(BlockWindow blocks)
    {
        var list = new ByteBuffer((blocks.IdCount * BlockId.Size) + (blocks.Runs * 3));
        BlockRuns.Append(list, blocks);
        lock (_gate)
            return WriteFrame(FrameKind.BlockList, list.Span, blocks.Count, out _);
    }

    /// <summary>Writes a part of a list of chunks; returns the frame's offset.</summary>
    internal long WriteListFrame(ChunkWindow window, int chunks, long start)
    {
        var list = new ByteBuffer((chunks * (BlockId.Size + 4)) + 64);
        ChunkRuns.Append(list, window, start);
        lock (_gate)
            return WriteFrame(FrameKind.ChunkList, list.Span, chunks, out _);
    }

    /// <summary>Writes the fast hashes that belong to a list frame; returns the frame's offset.</summary>
    internal long WriteHashFrame(ReadOnlySpan<BlockId> ids, ReadOnlySpan<Sum128> hashes)
    {
        var list = new ByteBuffer(ids.Length * KeyedXxh3.HashLength);
        FastHashes.Append(list, ids, hashes);
        lock (_gate)
            return WriteFrame(FrameKind.FastHashes, list.Span, list.Length / KeyedXxh3.HashLength, out _);
    }

    /// <summary>Writes the index and the trailer. The caller makes the file durable.</summary>
    /// <returns>The manifest's digest.</returns>
    internal string Finish()
    {
        if (_frame.Items > 0)
            FlushEntries();
        long indexOffset = WriteFrame(FrameKind.Index, _index.Span, _entryFrames, out Sum128 checksum);
        Span<byte> trailer = stackalloc byte[ManifestTrailer.Size];
        string digest = new ManifestTrailer(indexOffset, _entryFrames, _entries, _files, _fileBytes, checksum).Write(_header, trailer);
        Write(trailer);
        return digest;
    }

    private void AddEntries(ManifestFile source, int frame)
    {
        var decoder = new RecordDecoder();
        decoder.Reset(source.ReadEntries(source.Frames[frame], ref _copy));
        while (decoder.MoveNext(source))
            AddEntry(in decoder.Current);
    }

    private void Add(in ManifestEntry entry)
    {
        ReadOnlySpan<byte> path = entry.Path.Span;
        RequireAfterLast(path);
        _frame.Add(in entry, OwnContent(in entry), entry.Content.IsOfOneManifest);
        _entries++;
        if (entry.Type == TreeEntryType.File)
        {
            _files++;
            _fileBytes += entry.Size;
        }
        SetLast(path);
    }

    private void RequireAfterLast(ReadOnlySpan<byte> path)
    {
        if (_lastLength >= 0 && TreeOrder.Compare(_lastPath.AsSpan(0, _lastLength), path) >= 0)
            throw new InvalidOperationException($"The entry '{ByteText.Escape(path)}' does not come after '{ByteText.Escape(_lastPath.AsSpan(0, _lastLength))}'.");
    }

    private void SetLast(ReadOnlySpan<byte> path)
    {
        if (path.Length > _lastPath.Length)
            _lastPath = new byte[path.Length * 2];
        path.CopyTo(_lastPath);
        _lastLength = path.Length;
    }

    // List frames of an older manifest are copied as they stand, and a clone gets another name: no data and no index is touched.
    private ReadOnlySpan<byte> OwnContent(in ManifestEntry entry)
    {
        FileContent content = entry.Content;
        if (!content.IsOfOneManifest || content.Owner is not { } owner)
            return content.Encoded.Span;
        if (content.Kind == FileContent.Clone)
            return (_keepClone ?? throw new InvalidOperationException("Nobody keeps clones for this manifest."))(in entry).Encoded.Span;
        ListFrame[] frames = ListFrame.Read(content, entry.Size, _blockSize);
        FrameKind kind = content.IsChunks ? FrameKind.ChunkList : FrameKind.BlockList;
        for (int i = 0; i < frames.Length; i++)
            frames[i] = frames[i] with { List = CopyFrame(owner, frames[i].List, kind), Hashes = CopyFrame(owner, frames[i].Hashes, FrameKind.FastHashes) };
        _content.Clear();
        ListFrame.Append(_content, content.Kind, frames);
        return _content.Span;
    }

    private long CopyFrame(ManifestFile owner, long offset, FrameKind kind)
    {
        if (offset == 0)
            return 0;
        byte[] bytes = owner.ReadStored(offset, kind, out _);
        lock (_gate)
        {
            long at = _position;
            Write(bytes);
            return at;
        }
    }

    private void FlushEntries()
    {
        lock (_gate)
        {
            RequirePossible(_frame.Length);
            ReadOnlySpan<byte> stored = _frame.Pack(out byte codec);
            FrameHeader header = new FrameHeader(FrameKind.SplitEntries, codec, stored.Length, _frame.Length, _frame.Items, default).Seal(stored);
            new FramePlace(WriteFrame(in header, stored), _frame.FirstPath, header.Checksum, _frame.Fingerprint).Append(_index);
        }
        _entryFrames++;
        _frame.Clear();
    }

    private long WriteFrame(FrameKind kind, ReadOnlySpan<byte> raw, int items, out Sum128 checksum)
    {
        RequirePossible(raw.Length);
        if (_scratch.Length < raw.Length)
            _scratch = new byte[raw.Length];
        byte codec = BlockCodecs.Pack(raw, _scratch, out ReadOnlySpan<byte> stored);
        FrameHeader header = new FrameHeader(kind, codec, stored.Length, raw.Length, items, default).Seal(stored);
        checksum = header.Checksum;
        return WriteFrame(in header, stored);
    }

    private long WriteFrame(in FrameHeader header, ReadOnlySpan<byte> stored)
    {
        long offset = _position;
        Span<byte> head = stackalloc byte[FrameHeader.Size];
        header.Write(head);
        Write(head);
        Write(stored);
        return offset;
    }

    private void RequirePossible(int length)
    {
        if (length > FrameHeader.MaxRaw)
            throw new StorageEngineException(EngineStatus.ResourceExhausted, EngineReason.None, Recovery.OperatorAction,
                $"An entry of the manifest '{_name}' takes {length} bytes; at most {FrameHeader.MaxRaw} are possible.");
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            FileWriting.WriteAt(_file, bytes, _position);
        }
        catch (PosixException error)
        {
            throw StoreErrors.From(error, $"The manifest '{_name}' cannot be written");
        }
        _position += bytes.Length;
    }
}
