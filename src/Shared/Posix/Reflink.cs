using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

/// <summary>Copies files by sharing their blocks.</summary>
internal static class Reflink
{
    private const nuint CloneFile = 0x40049409; // FICLONE
    private const nuint CloneRange = 0x4020940D; // FICLONERANGE
    private const nuint GetFlags = 0x80086601; // FS_IOC_GETFLAGS
    private const nuint SetFlags = 0x40086602; // FS_IOC_SETFLAGS
    private const ulong NoCopyOnWrite = 0x00800000; // FS_NOCOW_FL

    /// <summary>
    /// Makes <paramref name="target"/> share all blocks of <paramref name="source"/>; false when these two files cannot share. On XFS a clone that was
    /// broken off may be reported as done, with the target's size unchanged: compare the sizes.
    /// Implements: ioctl_ficlone(2).
    /// </summary>
    /// <exception cref="PosixException">The clone failed for another reason, such as a full device.</exception>
    internal static bool TryClone(SafeFileHandle source, SafeFileHandle target)
    {
        if (Libc.Control(target, CloneFile, source) == 0)
            return true;
        return CannotShare(Libc.LastError) ? false : throw PosixException.Last("ioctl FICLONE");
    }

    /// <summary>
    /// Makes a new, empty file share all blocks of <paramref name="source"/>, where both can. After false the file may hold a part of it.
    /// Implements: ioctl_ficlone(2), ioctl_iflags(2).
    /// </summary>
    /// <param name="source">The source.</param>
    /// <param name="target">The file.</param>
    /// <param name="length">Bytes of the source: a clone that was broken off has fewer.</param>
    /// <exception cref="PosixException">The clone failed for another reason than that it cannot be, such as a full device.</exception>
    internal static bool TryCloneWhole(SafeFileHandle source, SafeFileHandle target, long length)
        => (TryClone(source, target) || (TryMatchNoCopyOnWrite(source, target) && TryClone(source, target))) && FileHandle.GetLength(target) == length;

    /// <summary>
    /// Makes the first <paramref name="length"/> bytes of <paramref name="target"/>, which is no longer than that, share the blocks of those of <paramref name="source"/>,
    /// which is as long; false when these two files cannot share. A part may be done already when it fails.
    /// Implements: ioctl_ficlonerange(2).
    /// </summary>
    /// <exception cref="PosixException">The clone failed for another reason, such as a full device.</exception>
    internal static bool TryCloneAll(SafeFileHandle source, SafeFileHandle target, long length) => TryCloneRange(source, 0, target, 0, length);

    /// <summary>
    /// Makes a range of <paramref name="target"/> share the blocks of a range of <paramref name="source"/>; false when these two ranges cannot share, because of
    /// where they begin and end, for example. A part may be done already when it fails. Implements: ioctl_ficlonerange(2).
    /// </summary>
    /// <exception cref="PosixException">The clone failed for another reason, such as a full device.</exception>
    internal static bool TryCloneRange(SafeFileHandle source, long sourceOffset, SafeFileHandle target, long targetOffset, long length)
    {
        bool added = false;
        try
        {
            source.DangerousAddRef(ref added);
            var range = new Libc.CloneRangeData
            {
                Source = source.DangerousGetHandle(), SourceOffset = (ulong)sourceOffset, Length = (ulong)length, TargetOffset = (ulong)targetOffset,
            };
            if (Libc.Control(target, CloneRange, ref range) == 0)
                return true;
            return CannotShare(Libc.LastError) ? false : throw PosixException.Last("ioctl FICLONERANGE");
        }
        finally
        {
            if (added)
                source.DangerousRelease();
        }
    }

    /// <summary>
    /// Gives an empty file the mark of <paramref name="source"/> that says "overwrite in place" (Btrfs), without which the two cannot share blocks.
    /// Implements: ioctl_iflags(2), FS_NOCOW_FL.
    /// </summary>
    /// <returns>False if the source has no such mark, or it cannot be set.</returns>
    internal static bool TryMatchNoCopyOnWrite(SafeFileHandle source, SafeFileHandle target)
    {
        if (Libc.Control(source, GetFlags, out ulong wanted) != 0 || Libc.Control(target, GetFlags, out ulong has) != 0)
            return false;
        ulong flags = (has & 0xFFFFFFFF) | NoCopyOnWrite;
        return (wanted & NoCopyOnWrite) != 0 && Libc.ControlWith(target, SetFlags, in flags) == 0;
    }

    private static bool CannotShare(int errno)
        => errno is Errno.EOPNOTSUPP or Errno.EXDEV or Errno.EINVAL or Errno.ENOTTY or Errno.ETXTBSY or Errno.EPERM or Errno.ENOSYS;
}

internal static partial class Libc
{
    /// <summary>struct file_clone_range.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct CloneRangeData
    {
        internal long Source;
        internal ulong SourceOffset;
        internal ulong Length;
        internal ulong TargetOffset;
    }

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle file, nuint request, ref CloneRangeData range);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ControlWith(SafeHandle file, nuint request, in ulong value);
}
