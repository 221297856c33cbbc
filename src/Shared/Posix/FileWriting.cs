using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

/// <summary>Changes open files.</summary>
internal static class FileWriting
{
    private static readonly byte[] Zeroes = new byte[65536];

    /// <summary>Writes all bytes. Implements: pwrite(2).</summary>
    /// <exception cref="PosixException">The write failed; part of it may be there.</exception>
    internal static void WriteAt(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            nint count = Libc.PWrite(file, bytes, bytes.Length, offset);
            if (count < 0)
            {
                if (Libc.LastError == Errno.EINTR)
                    continue;
                throw PosixException.Last("pwrite");
            }
            bytes = bytes[(int)count..];
            offset += count;
        }
    }

    /// <summary>Sets the length; a longer file gets a hole. Implements: ftruncate(2).</summary>
    /// <exception cref="PosixException">The length cannot be set.</exception>
    internal static void Truncate(SafeFileHandle file, long length)
    {
        int result;
        do
            result = Libc.Truncate(file, length);
        while (result != 0 && Libc.LastError == Errno.EINTR);
        if (result != 0)
            throw PosixException.Last("ftruncate");
    }

    /// <summary>
    /// Makes a range read as zeroes and frees its space where possible; the length of the file stays.
    /// Where holes are not supported, zeroes are written over the part that lies within the file.
    /// Implements: fallocate(2), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE.
    /// </summary>
    /// <returns>False when zeroes were written instead.</returns>
    /// <exception cref="PosixException">The range cannot be cleared.</exception>
    internal static bool PunchHole(SafeFileHandle file, long offset, long length)
    {
        if (length == 0)
            return true;
        int result;
        do
            result = Libc.Allocate(file, Libc.PunchHoleKeepSize, offset, length);
        while (result != 0 && Libc.LastError == Errno.EINTR);
        if (result == 0)
            return true;
        if (Libc.LastError is not (Errno.EOPNOTSUPP or Errno.ENOSYS or Errno.ENODEV))
            throw PosixException.Last("fallocate");
        WriteZeroes(file, offset, length);
        return false;
    }

    /// <summary>Sets the modification time and leaves the access time. Implements: futimens(3), UTIME_OMIT.</summary>
    /// <exception cref="PosixException">It cannot be set.</exception>
    internal static void SetModificationTime(SafeFileHandle file, PosixTime time)
    {
        Libc.TimePair times = new() { AccessNanoseconds = Libc.OmitTime, ModificationSeconds = time.Seconds, ModificationNanoseconds = time.Nanoseconds };
        if (Libc.SetTimes(file, in times) != 0)
            throw PosixException.Last("futimens");
    }

    /// <summary>Gives a file the owner of another one, if the caller may do that; else it stays the caller's. Implements: fchown(2).</summary>
    /// <exception cref="PosixException">It failed for another reason.</exception>
    internal static void CopyOwner(SafeFileHandle file, in FileStatus from)
    {
        if (Libc.ChangeOwner(file, from.UserId, from.GroupId) != 0 && Libc.LastError != Errno.EPERM)
            throw PosixException.Last("fchown");
    }

    /// <summary>Makes content and size durable. Implements: fsync(2).</summary>
    /// <exception cref="PosixException">The device refused; earlier writes may be lost.</exception>
    internal static void Sync(SafeFileHandle file)
    {
        if (Libc.Sync(file) != 0)
            throw PosixException.Last("fsync");
    }

    /// <summary>
    /// Begins to bring what was written to the device, so that a later <see cref="Sync"/> has less to wait for; only a hint, which proves nothing.
    /// Implements: sync_file_range(2), SYNC_FILE_RANGE_WRITE.
    /// </summary>
    internal static void BeginSync(SafeFileHandle file, long offset, long length) => _ = Libc.SyncRange(file, offset, length, 2);

    /// <summary>Writes zeroes over a range, no further than the end of the file.</summary>
    internal static void WriteZeroes(SafeFileHandle file, long offset, long length)
    {
        long end = Math.Min(offset + length, FileHandle.GetLength(file));
        for (; offset < end; offset += Zeroes.Length)
            WriteAt(file, Zeroes.AsSpan(0, (int)Math.Min(Zeroes.Length, end - offset)), offset);
    }
}
