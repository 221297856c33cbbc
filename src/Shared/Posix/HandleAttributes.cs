using Microsoft.Win32.SafeHandles;

namespace StorageEngines.Posix;

/// <summary>Sets the attributes of an open file: one call each, where a name costs a walk, and before version 2.39 of the C library four calls for the mode.</summary>
internal static class HandleAttributes
{
    /// <summary>Sets the permission bits. Implements: fchmod(2).</summary>
    /// <param name="file">The open file.</param>
    /// <param name="mode">0 to 07777; not cut by the umask. Set the owner first, changing it clears some of the bits.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="PosixException">They cannot be set.</exception>
    internal static void SetMode(SafeFileHandle file, uint mode, ReadOnlySpan<byte> path) => Check(Libc.ChangeMode(file, mode & 0xFFF), "fchmod", path);

    /// <summary>Sets owner and group. Implements: fchown(2).</summary>
    /// <exception cref="PosixException">They cannot be set; EPERM without CAP_CHOWN.</exception>
    internal static void SetOwner(SafeFileHandle file, uint user, uint group, ReadOnlySpan<byte> path) => Check(Libc.ChangeOwner(file, user, group), "fchown", path);

    /// <summary>Sets both times. Implements: futimens(3), which is utimensat(2).</summary>
    /// <exception cref="PosixException">They cannot be set.</exception>
    internal static void SetTimes(SafeFileHandle file, PosixTime access, PosixTime modification, ReadOnlySpan<byte> path)
        => Check(Libc.SetTimes(file, Times(access, modification, path)), "futimens", path);

    /// <summary>The system's form of two times; null leaves one as it is.</summary>
    /// <exception cref="PosixException">The nanoseconds are out of range.</exception>
    internal static Libc.TimePair Times(PosixTime? access, PosixTime? modification, ReadOnlySpan<byte> path) => new()
    {
        AccessSeconds = access?.Seconds ?? 0,
        AccessNanoseconds = Nanoseconds(access, path),
        ModificationSeconds = modification?.Seconds ?? 0,
        ModificationNanoseconds = Nanoseconds(modification, path),
    };

    // The kernel reads two values above 999 999 999 as commands (now, omit); a time from a file must not become one.
    private static long Nanoseconds(PosixTime? time, ReadOnlySpan<byte> path)
    {
        if (time is not { } value)
            return Libc.OmitTime;
        return value.Nanoseconds is >= 0 and <= 999_999_999
            ? value.Nanoseconds
            : throw new PosixException(Errno.EINVAL, "utimensat", path, $"refused: {value.Nanoseconds} nanoseconds is out of range");
    }

    private static void Check(int result, string operation, ReadOnlySpan<byte> path)
    {
        if (result != 0)
            throw PosixException.Last(operation, path);
    }
}
