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
internal sealed class DataReader(SnapshotWriter writer, IVolumeReadMeter meter, FileChunking chunking)
{
    private const long LeastImage = 1 << 20;
    private const long BytesPerDiskBlock = 512;

    /// <summary>Reads an image or a device; what lies beyond its present end counts as zeroes.</summary>
    /// <param name="file">The open file.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <param name="previous">What it held in the snapshot before.</param>
    /// <param name="advanced">Told of bytes that are done, holes included; from several threads.</param>
    /// <param name="cancellationToken">Gives up between two blocks.</param>
    /// <returns>Its blocks.</returns>
    /// <exception cref="PosixException">The file cannot be read.</exception>
    internal FileContent ReadImage(SafeFileHandle file, long size, PreviousContent previous, Action<long>? advanced, CancellationToken cancellationToken)
        => size == 0 ? default
            : size <= StoreFormat.BlockSize ? ReadOne(file, (int)size, advanced)
            : new FixedReader(writer, meter, file, size, previous).Read(advanced, cancellationToken);

    /// <summary>Reads a file of a tree; else like <see cref="ReadImage"/>.</summary>
    internal FileContent ReadFile(
        SafeFileHandle file, in FileStatus status, PreviousContent previous, Action<long>? advanced, CancellationToken cancellationToken)
        => IsCutByContent(in status, in previous)
            ? new ChunkReader(writer, meter, file, status.Size, previous).Read(advanced, cancellationToken)
            : ReadImage(file, status.Size, previous, advanced, cancellationToken);

    // Most files are one block: one call reads them, and nothing is asked about holes.
    private FileContent ReadOne(SafeFileHandle file, int size, Action<long>? advanced)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
        try
        {
            Span<byte> block = buffer.AsSpan(0, size);
            int count = FileHandle.ReadAt(file, block, 0);
            meter.BytesRead(count);
            block[count..].Clear(); // the file became shorter meanwhile
            BlockRef stored = writer.StoreBlock(block);
            advanced?.Invoke(size);
            return FileContent.OfOneBlock(stored.Id);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // A file of one block is the same either way. What has been cut one way goes on so, because the other one would find none of its blocks again.
    private bool IsCutByContent(in FileStatus status, in PreviousContent previous)
    {
        if (status.Size <= StoreFormat.BlockSize || chunking == FileChunking.Fixed)
            return false;
        if (chunking == FileChunking.ByContent || previous.Content.IsChunks)
            return true;
        bool wasFixed = previous.Size > StoreFormat.BlockSize && previous.Content.Kind is not (FileContent.None or FileContent.Clone);
        return writer.CutsByContent && !wasFixed && !LooksLikeAnImage(in status);
    }

    private static bool LooksLikeAnImage(in FileStatus status)
        => status.Size >= LeastImage && (status.Size % StoreFormat.BlockSize == 0 || (long)status.Blocks * BytesPerDiskBlock <= status.Size - StoreFormat.BlockSize);
}
