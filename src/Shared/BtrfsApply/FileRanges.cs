using Microsoft.Win32.SafeHandles;
using StorageEngines.Posix;

namespace StorageEngines.BtrfsStreams;

/// <summary>What the commands of a stream do to open files.</summary>
internal static class FileRanges
{
    private const int SmallestHole = 4096;
    private const int CopyBytes = 128 << 10;

    [ThreadStatic]
    private static byte[]? _copy;

    /// <summary>Whether data is written as a hole: zeroes, a page at least.</summary>
    internal static bool IsHole(ReadOnlySpan<byte> data) => data.Length >= SmallestHole && !data.ContainsAnyExcept((byte)0);

    /// <summary>Writes data; zeroes become a hole.</summary>
    internal static void Write(SafeFileHandle file, long offset, ReadOnlySpan<byte> data)
    {
        if (IsHole(data))
        {
            Zero(file, offset, data.Length);
            return;
        }

        FileWriting.WriteAt(file, data, offset);
    }

    /// <summary>Makes a range read as zeroes; it may extend the file.</summary>
    internal static void Zero(SafeFileHandle file, long offset, long length)
    {
        if (length == 0)
        {
            return;
        }

        long size = FileHandle.GetLength(file);
        if (offset < size)
        {
            FileWriting.PunchHole(file, offset, Math.Min(length, size - offset));
        }

        if (offset + length > size)
        {
            FileWriting.Truncate(file, offset + length);
        }
    }

    /// <summary>
    /// Makes a range of a file equal to one of another file, or of another place in it: by sharing the blocks where both can, else by copying what is no hole.
    /// </summary>
    /// <param name="source">The source; its position is moved. Not the same handle as the target.</param>
    /// <param name="from">Where in it, in bytes.</param>
    /// <param name="target">The target.</param>
    /// <param name="to">Where in it, in bytes.</param>
    /// <param name="length">How much, in bytes.</param>
    /// <param name="share">Whether to try to share.</param>
    /// <param name="sourcePath">The source's path, for messages.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PosixException">The range is not in the source, overlaps the target, or could not be copied.</exception>
    internal static void Clone(
        SafeFileHandle source, long from, SafeFileHandle target, long to, long length, bool share, ReadOnlySpan<byte> sourcePath, CancellationToken cancellationToken)
    {
        FileStatus status = FileStatus.Get(source);
        long end = from + length;
        if (end > status.Size)
        {
            throw new PosixException(Errno.EINVAL, "clone", sourcePath, "the range to clone goes beyond the end of the file");
        }

        // A copy that runs into its own source would never end.
        FileStatus own = FileStatus.Get(target);
        if (own.Inode == status.Inode && own.DeviceMajor == status.DeviceMajor && own.DeviceMinor == status.DeviceMinor && from < to + length && to < end)
        {
            throw new PosixException(Errno.EINVAL, "clone", sourcePath, "the range to clone overlaps the one that it goes to");
        }

        if (length == 0 || (share && Reflink.TryCloneRange(source, from, target, to, length)))
        {
            return;
        }

        // Holes are not read: a stream of a few bytes could make one of any size.
        long at = from;
        while (FileSegments.TryNextData(source, at, end, out FileSegment segment))
        {
            Zero(target, to + (at - from), segment.Offset - at);
            for (at = segment.Offset; at < segment.End;)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<byte> part = (_copy ??= new byte[CopyBytes]).AsSpan(0, (int)Math.Min(CopyBytes, segment.End - at));
                int got = FileHandle.ReadAt(source, part, at);
                Write(target, to + (at - from), part[..got]);
                at += got > 0 ? got : throw new PosixException(Errno.EIO, "clone", sourcePath, "the file became shorter while it was read");
            }
        }

        Zero(target, to + (at - from), end - at);
    }
}
