using System.Buffers;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// Reads one file, image or device in fixed blocks. Several threads take short pieces of it in turns, each into a buffer that fits the processor's cache and is used
/// again; there a block's fast hash tells whether it is the one of the snapshot before. Only other blocks get to the store. For one file; not thread-safe.
/// </summary>
internal sealed class FixedReader(SnapshotWriter writer, IVolumeReadMeter meter, SafeFileHandle file, long size, PreviousContent previous)
{
    private const int BlockSize = StoreFormat.BlockSize;
    private const int PieceBlocks = 8;
    private const long Stretch = (long)FileContent.BlocksPerFrame * BlockSize;

    private readonly PreviousBlocks? _previous = previous.Size > BlockSize && !previous.Content.IsChunks && previous.Content.Kind != FileContent.None ? new(previous) : null;
    private readonly bool _hashed = size > (long)FileContent.MaxInlineBlocks * BlockSize;
    private readonly BlockRef[] _blocks = new BlockRef[Math.Min(FileContent.BlocksPerFrame, ((size - 1) / BlockSize) + 1)];
    private readonly UInt128[] _hashes = new UInt128[size > (long)FileContent.MaxInlineBlocks * BlockSize ? FileContent.BlocksPerFrame : 0];
    private readonly List<(int First, int Count)> _pieces = [];
    private FileSegment _segment;
    private int _taken;
    private long _base;

    /// <summary>Reads it all.</summary>
    /// <param name="advanced">Told of bytes that are done, holes included; from several threads.</param>
    /// <param name="cancellationToken">Gives up between two pieces.</param>
    internal FileContent Read(Action<long>? advanced, CancellationToken cancellationToken)
    {
        ContentBuilder content = writer.NewContent();
        for (_base = 0; _base < size; _base += Stretch)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long length = Math.Min(Stretch, size - _base);
            long holes = length - Plan(length);
            if (_pieces.Count == 0)
            {
                content.AddHole(length);
                advanced?.Invoke(length);
                continue;
            }
            _previous?.Load(_base / Stretch);
            ReadPieces(advanced, cancellationToken);
            advanced?.Invoke(holes);
            int count = (int)((length - 1) / BlockSize) + 1;
            for (int i = 0; i < count; i++)
            {
                if (_hashed)
                    content.Add(_blocks[i], _hashes[i]);
                else
                    content.Add(_blocks[i]);
            }
        }
        return content.Finish();
    }

    /// <summary>Sets all blocks of a stretch to holes, and makes pieces of those that hold data; returns the bytes to be read.</summary>
    private long Plan(long length)
    {
        int count = (int)((length - 1) / BlockSize) + 1;
        for (int i = 0; i < count; i++)
            _blocks[i] = BlockRef.Hole((int)Math.Min(BlockSize, length - ((long)i * BlockSize)));
        _pieces.Clear();
        _taken = 0;
        long end = _base + length, planned = 0;
        for (long at = _base; at < end;)
        {
            if (_segment.End <= at && !FileSegments.TryNextData(file, at, size, out _segment))
                _segment = new FileSegment(size, 1);
            if (_segment.Offset >= end)
                break;
            int first = (int)((Math.Max(_segment.Offset, at) - _base) / BlockSize);
            int last = (int)((Math.Min(_segment.End, end) - 1 - _base) / BlockSize);
            for (; first <= last; first += PieceBlocks)
            {
                int some = Math.Min(PieceBlocks, last - first + 1);
                _pieces.Add((first, some));
                planned += Math.Min((long)some * BlockSize, length - ((long)first * BlockSize));
            }
            at = _base + (((long)last + 1) * BlockSize);
        }
        return planned;
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
                (int first, int count) = _pieces[at];
                long offset = _base + ((long)first * BlockSize);
                int length = (int)Math.Min((long)count * BlockSize, size - offset);
                Span<byte> piece = buffer.AsSpan(0, length);
                int got = FileHandle.ReadAt(file, piece, offset);
                meter.BytesRead(got);
                piece[got..].Clear();
                for (int i = 0; i < count; i++)
                    Judge(first + i, piece[(i * BlockSize)..Math.Min((i + 1) * BlockSize, length)]);
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
        if (!block.ContainsAnyExcept((byte)0))
            return;
        BlockId known = _previous is { } before ? before.Ids[index] : default;
        if (_hashed)
        {
            UInt128 hash = writer.FastHash.Hash(block);
            _hashes[index] = hash;
            if (!known.IsHole && _previous!.HasHashes && _previous.Hashes[index] == hash)
            {
                _blocks[index] = new BlockRef(known, block.Length);
                return;
            }
        }
        _blocks[index] = writer.StoreBlock(block, new BlockRef(known, block.Length));
    }
}
