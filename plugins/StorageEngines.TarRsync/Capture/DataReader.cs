using System.Buffers;
using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Manifests;
using StorageEngines.TarRsync.Store;

namespace StorageEngines.TarRsync.Capture;

/// <summary>
/// Reads the data of files, images and devices into the store. Holes are found by asking for them and are not read; blocks that hold only zeroes become
/// holes. Safe for use by several threads.
/// </summary>
internal sealed class DataReader(SnapshotWriter writer, IVolumeReadMeter meter)
{
    private const int BlockSize = StoreFormat.BlockSize;
    private const int WindowBlocks = 64;

    /// <summary>Reads a file from its start to <paramref name="size"/>; what lies beyond its present end counts as zeroes.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <param name="advanced">Told of bytes that are done, holes included; from this thread.</param>
    /// <param name="cancellationToken">Gives up between two blocks.</param>
    /// <returns>Its blocks.</returns>
    /// <exception cref="PosixException">The file cannot be read.</exception>
    internal FileContent Read(SafeFileHandle file, long size, Action<long>? advanced, CancellationToken cancellationToken)
    {
        if (size == 0)
        {
            return default;
        }

        ContentBuilder content = writer.NewContent();
        long done = 0;
        while (FileSegments.TryNextData(file, done, size, out FileSegment data))
        {
            long start = data.Offset / BlockSize * BlockSize;
            content.AddHole(start - done);
            advanced?.Invoke(start - done);
            done = Math.Min((((data.End - 1) / BlockSize) + 1) * BlockSize, size);
            ReadData(file, start, done, content, advanced, cancellationToken);
        }

        content.AddHole(size - done);
        advanced?.Invoke(size - done);
        return content.Finish();
    }

    private void ReadData(SafeFileHandle file, long start, long end, ContentBuilder content, Action<long>? advanced, CancellationToken cancellationToken)
    {
        BlockRef[] blocks = ArrayPool<BlockRef>.Shared.Rent(WindowBlocks);
        try
        {
            while (start < end)
            {
                long length = Math.Min(end - start, (long)WindowBlocks * BlockSize);
                int count = (int)(((length - 1) / BlockSize) + 1);
                ReadWindow(file, start, length, blocks.AsMemory(0, count), cancellationToken);
                foreach (BlockRef block in blocks.AsSpan(0, count))
                {
                    content.Add(block);
                }

                start += length;
                advanced?.Invoke(length);
            }
        }
        finally
        {
            ArrayPool<BlockRef>.Shared.Return(blocks);
        }
    }

    private void ReadWindow(SafeFileHandle file, long start, long length, Memory<BlockRef> blocks, CancellationToken cancellationToken)
    {
        if (blocks.Length == 1)
        {
            cancellationToken.ThrowIfCancellationRequested();
            blocks.Span[0] = ReadBlock(file, start, (int)length);
            return;
        }

        var options = new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount };
        try
        {
            Parallel.For(0, blocks.Length, options, index =>
            {
                long offset = (long)index * BlockSize;
                blocks.Span[index] = ReadBlock(file, start + offset, (int)Math.Min(BlockSize, length - offset));
            });
        }
        catch (AggregateException failures)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failures.InnerExceptions[0]);
        }
    }

    private BlockRef ReadBlock(SafeFileHandle file, long offset, int length)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BlockSize);
        try
        {
            Span<byte> block = buffer.AsSpan(0, length);
            int count = FileHandle.ReadAt(file, block, offset);
            meter.BytesRead(count);
            block[count..].Clear();
            return block.ContainsAnyExcept((byte)0) ? writer.StoreBlock(block) : BlockRef.Hole(length);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
