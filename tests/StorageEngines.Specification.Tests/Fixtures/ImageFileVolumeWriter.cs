using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Specification;

/// <summary>Writes to a block volume that is an image file or a block device on this machine.</summary>
/// <remarks>Opens the file for each call; safe for use by several threads.</remarks>
public sealed class ImageFileVolumeWriter : IBlockVolumeWriter
{
    private readonly BytePath _path;

    /// <summary>Makes a writer.</summary>
    /// <param name="path">The file's absolute path.</param>
    public ImageFileVolumeWriter(BytePath path) => _path = path;

    /// <inheritdoc/>
    public ValueTask WriteAsync(long offset, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using SafeFileHandle file = FileHandle.OpenReadWrite(_path.Span);
        FileWriting.WriteAt(file, bytes.Span, offset);
        return default;
    }

    /// <inheritdoc/>
    public ValueTask<bool> DiscardAsync(long offset, long length, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using SafeFileHandle file = FileHandle.OpenReadWrite(_path.Span);
        return new(FileWriting.PunchHole(file, offset, length));
    }

    /// <inheritdoc/>
    public ValueTask<bool> ResizeAsync(long capacityBytes, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (!FileStatus.GetPath(_path.Span).IsRegular)
        {
            return new(false);
        }

        using SafeFileHandle file = FileHandle.OpenReadWrite(_path.Span);
        FileWriting.Truncate(file, capacityBytes);
        return new(true);
    }

    /// <inheritdoc/>
    public ValueTask<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using SafeFileHandle file = FileHandle.OpenRead(_path.Span);
        return new(DirectoryVolumeWriter.ReadAll(file));
    }
}
