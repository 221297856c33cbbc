using Microsoft.Win32.SafeHandles;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>The data of a file of this machine. Implements: lseek(2) with SEEK_DATA and SEEK_HOLE.</summary>
internal sealed class LocalFileData : IFileData
{
    private readonly SafeFileHandle _file;

    private LocalFileData(SafeFileHandle file) => (_file, SizeBytes) = (file, FileHandle.GetLength(file));

    /// <inheritdoc/>
    public long SizeBytes { get; }

    /// <summary>Opens a file of a snapshot.</summary>
    internal static LocalFileData Open(SnapshotEntry snapshot, BytePath path, SnapshotRef asked)
    {
        using BeneathRoot root = SnapshotView.Open(snapshot, asked);
        try
        {
            return new LocalFileData(root.OpenFileForRead(path.Span));
        }
        catch (PosixException e)
        {
            throw SnapshotView.FileError(e, path, asked);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<Extent> From(long offset)
    {
        while (offset < SizeBytes && FileSegments.TryNextData(_file, offset, SizeBytes, out FileSegment segment))
        {
            yield return new Extent(segment.Offset, segment.Length);
            offset = segment.End;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();
}
