using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// Where files of a tree have data. It keeps the last file open and remembers the last piece of data found: to find the end of one, the kernel walks over all extents
/// up to the next hole, and the ranges asked about mostly lie in the same piece. One caller at a time.
/// </summary>
/// <param name="root">The tree; stays the caller's.</param>
internal sealed class DataSegments(BeneathRoot root) : IDisposable
{
    private SafeFileHandle? _file;
    private BytePath _path;
    private long _size;

    // From _knownFrom to _dataStart there is a hole, from there to _dataEnd there is data.
    private long _knownFrom;
    private long _dataStart;
    private long _dataEnd;

    /// <summary>The data in a range of a file, ascending; the list is emptied first. Implements: lseek(2), SEEK_DATA and SEEK_HOLE.</summary>
    /// <exception cref="PosixException">There is no such regular file.</exception>
    internal void Read(BytePath path, Extent range, List<Extent> data)
    {
        data.Clear();
        Open(path);
        for (long at = range.Offset; at < range.End; at = _dataEnd)
        {
            Find(at);
            long start = Math.Max(at, _dataStart), end = Math.Min(_dataEnd, range.End);
            if (start >= end)
            {
                return;
            }

            data.Add(Extent.FromBounds(start, end));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Dispose();

    private void Open(BytePath path)
    {
        if (_file is not null && path == _path)
        {
            return;
        }

        _file?.Dispose();
        _file = null;
        SafeFileHandle file = root.OpenFileForRead(path.Span);
        (_file, _path, _size) = (file, path, FileHandle.GetLength(file));
        (_knownFrom, _dataStart, _dataEnd) = (0, 0, 0);
    }

    private void Find(long at)
    {
        if (at >= _knownFrom && at < _dataEnd)
        {
            return;
        }

        bool found = FileSegments.TryNextData(_file!, at, _size, out FileSegment segment);
        (_knownFrom, _dataStart, _dataEnd) = found ? (at, segment.Offset, segment.End) : (at, long.MaxValue, long.MaxValue);
    }
}
