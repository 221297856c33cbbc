using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

/// <summary>Copies files by sharing their blocks.</summary>
internal static class Reflink
{
    private const nuint CloneFile = 0x40049409; // FICLONE

    /// <summary>
    /// Makes <paramref name="target"/> share all blocks of <paramref name="source"/>; false when these two files cannot share.
    /// Implements: ioctl_ficlone(2).
    /// </summary>
    /// <exception cref="PosixException">The clone failed for another reason, such as a full device.</exception>
    internal static bool TryClone(SafeFileHandle source, SafeFileHandle target)
    {
        if (Libc.Control(target, CloneFile, source) == 0)
            return true;
        return Libc.LastError is Errno.EOPNOTSUPP or Errno.EXDEV or Errno.EINVAL or Errno.ENOTTY
            ? false
            : throw PosixException.Last("ioctl FICLONE");
    }
}
