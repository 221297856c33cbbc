using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

/// <summary>A range of a file that holds data; what lies between two of them reads as zeroes.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes, at least 1.</param>
internal readonly record struct FileSegment(long Offset, long Length)
{
    /// <summary>The byte after the last one.</summary>
    internal long End => Offset + Length;
}

/// <summary>Finds the data of sparse files. Implements: lseek(2), SEEK_DATA and SEEK_HOLE.</summary>
internal static class FileSegments
{
    /// <summary>
    /// The first data at or after <paramref name="from"/> and before <paramref name="end"/>; false when the rest is a hole.
    /// A file system or device that cannot tell gives the whole range as data. Uses the file's position: one caller at a time.
    /// </summary>
    /// <exception cref="PosixException">The file cannot be searched.</exception>
    internal static bool TryNextData(SafeFileHandle file, long from, long end, out FileSegment segment)
    {
        segment = default;
        if (from >= end)
            return false;
        long start = Libc.Seek(file, from, Libc.SeekData);
        if (start < 0)
        {
            if (Libc.LastError == Errno.ENXIO)
                return false;
            ThrowUnlessUnsupported();
            segment = new FileSegment(from, end - from);
            return true;
        }
        if (start >= end)
            return false;
        long hole = Libc.Seek(file, start, Libc.SeekHole);
        if (hole < 0)
        {
            // The data ended between the two calls when the file is shortened meanwhile: there is none left.
            if (Libc.LastError == Errno.ENXIO)
                return false;
            ThrowUnlessUnsupported();
            hole = end;
        }
        segment = new FileSegment(start, Math.Min(hole, end) - start);
        return true;
    }

    private static void ThrowUnlessUnsupported()
    {
        if (Libc.LastError is not (Errno.EINVAL or Errno.EOPNOTSUPP))
            throw PosixException.Last("lseek");
    }
}
