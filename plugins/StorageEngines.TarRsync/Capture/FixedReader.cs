using System.Buffers;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// Reads one file, image or device in fixed blocks. Several threads take short pieces of its data in turns, each into a buffer that fits the processor's cache and is used
/// again; there a block's fast hash tells whether it is the one of the snapshot before. Only other blocks get to the store. Holes cost the question where they end.
/// For one file; not thread-safe.
/// </summary>
internal sealed class FixedReader
{
    private const int BlockSize = StoreFormat.BlockSize;
    private const int PieceBlocks = 8;
    private const int RoundBlocks = 4096;

    private readonly SnapshotWriter _writer;
    private readonly IVolumeReadMeter _meter;
    private readonly SafeFileHandle _file;
    private readonly long _size;
    private readonly bool _hashed;
    private readonly PreviousBlocks _previous;
    private readonly List<Piece> _pieces = [];
    // What the blocks of a round were, until they are read, and then what they are.
    private readonly BlockId[] _ids;
    private readonly Sum128[] _hashes;
    private FileSegment _segment;
    private long _planned;
    private int _taken;

    internal FixedReader(SnapshotWriter writer, IVolumeReadMeter meter, SafeFileHandle file, long size, PreviousContent previous)
    {
        (_writer, _meter, _file, _size) = (writer, meter, file, size);
        _hashed = size > (long)FileContent.MaxInlineBlocks * BlockSize;
        _previous = new PreviousBlocks(previous);
        _ids = new BlockId[Math.Min(RoundBlocks, ((size - 1) / BlockSize) + 1)];
        _hashes = new Sum128[_hashed ? _ids.Length : 0];
    }

    /// <summary>Reads it all.</summary>
    /// <param name="advanced">Told of bytes that are done, holes included; from several threads.</param>
    /// <param name="cancellationToken">Gives up between two pieces.</param>
    internal FileContent Read(Action<long>? advanced, CancellationToken cancellationToken)
    {
        ContentBuilder content = _writer.NewContent();
        long done = 0;
        while (_planned < _size)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Plan();
            if (_pieces.Count > 0)
                ReadPieces(advanced, cancellationToken);
            foreach (Piece piece in _pieces)
            {
                content.AddHole(piece.Offset - done);
                advanced?.Invoke(piece.Offset - done);
                for (int i = 0; i < piece.Count; i++)
                    Add(content, piece.First + i, Math.Min(BlockSize, _size - piece.Offset - ((long)i * BlockSize)));
                done = Math.Min(_size, piece.Offset + ((long)piece.Count * BlockSize));
            }
        }
        content.AddHole(_size - done);
        advanced?.Invoke(_size - done);
        return content.Finish();
    }

    private void Add(ContentBuilder content, int index, long length)
    {
        var block = new BlockRef(_ids[index], (int)length);
        if (_hashed)
            content.Add(block, _hashes[index]);
        else
            content.Add(block);
    }

    /// <summary>Makes pieces of the data that comes next, as much as a round can take, and looks up what it was.</summary>
    private void Plan()
    {
        _pieces.Clear();
        _taken = 0;
        for (int first = 0; _planned < _size && first < _ids.Length;)
        {
            if (_segment.End <= _planned && !FileSegments.TryNextData(_file, _planned, _size, out _segment))
            {
                _planned = _size;
                return;
            }
            long start = Math.Max(_segment.Offset, _planned) / BlockSize;
            int count = (int)Math.Min(Math.Min(PieceBlocks, _ids.Length - first), ((_segment.End - 1) / BlockSize) - start + 1);
            _previous.Find(start, _ids.AsSpan(first, count), _hashed ? _hashes.AsSpan(first, count) : default);
            _pieces.Add(new Piece(start * BlockSize, first, count));
            first += count;
            _planned = (start + count) * BlockSize;
        }
    }

    private void ReadPieces(Action<long>? advanced, CancellationToken cancellationToken)
    {
        int helpers = Math.Min(Environment.ProcessorCount, (_pieces.Count + 1) / 2) - 1;
        var others = new Task[Math.Max(0, helpers)];
        for (int i = 0; i < others.Length; i++)
            others[i] = Task.Run(() => Work(advanced, cancellationToken), CancellationToken.None);
        try
        {
            Work(advanced, cancellationToken);
        }
        finally
        {
            // Nobody may be at work with this file when it is closed, whatever ended this thread's part.
            Interlocked.Exchange(ref _taken, int.MaxValue / 2);
            foreach (Task other in others)
                other.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing).GetAwaiter().GetResult();
        }
        foreach (Task other in others)
            other.GetAwaiter().GetResult();
    }

    private void Work(Action<long>? advanced, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PieceBlocks * BlockSize);
        try
        {
            for (int at; (at = Interlocked.Increment(ref _taken) - 1) < _pieces.Count;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Piece next = _pieces[at];
                int length = (int)Math.Min((long)next.Count * BlockSize, _size - next.Offset);
                Span<byte> piece = buffer.AsSpan(0, length);
                int got = FileHandle.ReadAt(_file, piece, next.Offset);
                _meter.BytesRead(got);
                piece[got..].Clear();
                for (int i = 0; i < next.Count; i++)
                    Judge(next.First + i, piece[(i * BlockSize)..Math.Min((i + 1) * BlockSize, length)]);
                advanced?.Invoke(length);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Judge(int index, ReadOnlySpan<byte> block)
    {
        BlockId known = _ids[index];
        if (!block.ContainsAnyExcept((byte)0))
        {
            _ids[index] = default;
            return;
        }
        if (_hashed)
        {
            Sum128 hash = _writer.FastHash.Hash(block);
            // 0 stands for none; a block whose hash that is gets its SHA-256 each time.
            bool same = !hash.IsZero && hash == _hashes[index] && !known.IsHole;
            _hashes[index] = hash;
            if (same)
                return;
        }
        _ids[index] = _writer.StoreBlock(block, new BlockRef(known, block.Length)).Id;
    }

    /// <summary>Neighbouring blocks with data.</summary>
    /// <param name="Offset">The first one's place in the file.</param>
    /// <param name="First">The first one's place in the round.</param>
    /// <param name="Count">How many.</param>
    private readonly record struct Piece(long Offset, int First, int Count);
}
