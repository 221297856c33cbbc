using System.Buffers;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>Reads one file in chunks that its content decides. Chunks that are not known are hashed and stored by several threads. For one file; not thread-safe.</summary>
internal sealed class ChunkReader(SnapshotWriter writer, IVolumeReadMeter meter, SafeFileHandle file, long size, PreviousContent previous)
{
    private const int LongestBuffer = 4 << 20;

    private readonly ChunkCutter _cutter = new(writer.Chunks, writer.Gear);
    private readonly ChunkParameters _lengths = writer.Chunks;
    private readonly OldChunks _old = new(previous);
    private readonly bool _hashed = size > (long)FileContent.MaxInlineBlocks * StoreFormat.BlockSize;
    private readonly List<Piece> _pieces = [];
    private byte[] _buffer = [];

    /// <summary>Reads it all.</summary>
    /// <param name="advanced">Told of bytes that are done, holes included; from this thread.</param>
    /// <param name="cancellationToken">Gives up between two chunks.</param>
    internal FileContent Read(Action<long>? advanced, CancellationToken cancellationToken)
    {
        ChunkListBuilder content = writer.NewChunkList();
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Min(LongestBuffer, Math.Max(size, 2L * _lengths.Max)));
        try
        {
            long done = 0;
            while (FileSegments.TryNextData(file, done, size, out FileSegment data))
            {
                // Data begins and ends at multiples of the block size, so that a file system with small blocks gives the same chunks as one with large ones.
                long start = data.Offset / StoreFormat.BlockSize * StoreFormat.BlockSize;
                content.AddHole(start - done);
                advanced?.Invoke(start - done);
                done = Math.Min((((data.End - 1) / StoreFormat.BlockSize) + 1) * StoreFormat.BlockSize, size);
                ReadData(start, done, content, advanced, cancellationToken);
            }
            content.AddHole(size - done);
            advanced?.Invoke(size - done);
            return content.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(_buffer);
        }
    }

    private void ReadData(long start, long end, ChunkListBuilder content, Action<long>? advanced, CancellationToken cancellationToken)
    {
        _cutter.Reset();
        int filled = 0;
        for (long at = start; at < end;)
        {
            int wanted = (int)Math.Min(_buffer.Length - filled, end - (at + filled));
            int got = FileHandle.ReadAt(file, _buffer.AsSpan(filled, wanted), at + filled);
            meter.BytesRead(got);
            _buffer.AsSpan(filled + got, wanted - got).Clear(); // the file became shorter meanwhile
            filled += wanted;
            bool atEnd = at + filled == end;
            int used = Cut(_buffer.AsSpan(0, filled), at, atEnd);
            Store(filled, cancellationToken);
            foreach (Piece piece in _pieces)
                content.Add(piece.Block, piece.Hash);
            advanced?.Invoke(used);
            _buffer.AsSpan(used..filled).CopyTo(_buffer);
            _cutter.Moved(used);
            filled -= used;
            at += used;
        }
    }

    /// <summary>Cuts what is certain; returns the bytes that are cut.</summary>
    private int Cut(ReadOnlySpan<byte> data, long offset, bool atEnd)
    {
        _pieces.Clear();
        int start = 0;
        while (start < data.Length && (atEnd || data.Length - start >= _lengths.Max))
        {
            if (_old.IsUseful && _old.TryNext(data[start..], offset + start, atEnd, writer.FastHash, out BlockRef known, out Sum128 same))
            {
                _pieces.Add(new Piece(start, known, same, IsKnown: true));
                start += known.Length;
                continue;
            }
            int end = _cutter.Cut(data, start);
            ReadOnlySpan<byte> chunk = data[start..end];
            if (!chunk.ContainsAnyExcept((byte)0))
            {
                _pieces.Add(new Piece(start, BlockRef.Hole(chunk.Length), default, IsKnown: true));
            }
            else
            {
                Sum128 hash = _hashed ? writer.FastHash.Hash(chunk) : default;
                bool isKnown = _old.TryFind(hash, chunk.Length, out known);
                _pieces.Add(new Piece(start, isKnown ? known : BlockRef.Hole(chunk.Length), hash, isKnown));
            }
            start = end;
        }
        return start;
    }

    private void Store(int filled, CancellationToken cancellationToken)
    {
        int unknown = 0;
        foreach (Piece piece in _pieces)
            unknown += piece.IsKnown ? 0 : 1;
        cancellationToken.ThrowIfCancellationRequested();
        if (unknown <= 1 || filled < 4 * _lengths.Average)
        {
            for (int i = 0; i < _pieces.Count; i++)
                StoreOne(i);
            return;
        }
        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.For(0, _pieces.Count, options, StoreOne);
        }
        catch (AggregateException failures)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }

    private void StoreOne(int index)
    {
        Piece piece = _pieces[index];
        if (!piece.IsKnown)
            _pieces[index] = piece with { Block = writer.StoreBlock(_buffer.AsSpan(piece.Start, piece.Block.Length)) };
    }

    /// <summary>A chunk in the buffer; while it is unknown, its block is a hole of its length.</summary>
    private readonly record struct Piece(int Start, BlockRef Block, Sum128 Hash, bool IsKnown);
}
