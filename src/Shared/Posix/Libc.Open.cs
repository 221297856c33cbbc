using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

internal static partial class Libc
{
    /// <summary>Arguments of openat2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct OpenHow
    {
        internal ulong Flags;
        internal ulong Mode;
        internal ulong Resolve;

        /// <summary>RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS.</summary>
        internal const ulong StrictlyBeneath = 0x08 | 0x04 | 0x02;
    }

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAtRaw(int directory, ReadOnlySpan<byte> path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAtRaw(SafeHandle directory, ReadOnlySpan<byte> path, int flags, uint mode);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint OpenAt2Raw(nint number, SafeHandle directory, ReadOnlySpan<byte> path, in OpenHow how, nint size);

    /// <summary>F_GETFD.</summary>
    internal const int GetDescriptorFlags = 1;

    /// <summary>0, FD_CLOEXEC, or -1 if nothing has this number. Implements: fcntl(2).</summary>
    [LibraryImport(Library, EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int DescriptorFlags(int descriptor, int command);

    [LibraryImport(Library, EntryPoint = "close", SetLastError = true)]
    internal static partial int Close(nint descriptor);

    /// <summary>Opens relative to the current directory; repeats after a signal. Implements: open(2).</summary>
    internal static int Open(ReadOnlySpan<byte> path, int flags, uint mode = 0)
    {
        int result;
        do
            result = OpenAtRaw(CurrentDirectory, path, flags | OpenFlags.CloseOnExec, mode);
        while (result < 0 && LastError == Errno.EINTR);
        return result;
    }

    /// <summary>Opens relative to a directory; repeats after a signal. Implements: openat(2).</summary>
    internal static int OpenAt(SafeHandle directory, ReadOnlySpan<byte> path, int flags, uint mode = 0)
    {
        int result;
        do
            result = OpenAtRaw(directory, path, flags | OpenFlags.CloseOnExec, mode);
        while (result < 0 && LastError == Errno.EINTR);
        return result;
    }

    /// <summary>Opens for reading without touching the access time where that is allowed. Implements: openat(2), O_NOATIME.</summary>
    internal static int OpenAtQuietly(SafeHandle directory, ReadOnlySpan<byte> path, int flags)
    {
        int result = OpenAt(directory, path, flags | OpenFlags.NoAccessTime);
        return result < 0 && LastError == Errno.EPERM ? OpenAt(directory, path, flags) : result;
    }

    /// <summary>Opens strictly beneath a directory. Implements: openat2(2), system call 437.</summary>
    internal static int OpenBeneath(SafeHandle directory, ReadOnlySpan<byte> path, int flags)
    {
        OpenHow how = new() { Flags = (uint)(flags | OpenFlags.CloseOnExec), Resolve = OpenHow.StrictlyBeneath };
        nint result;
        do
            result = OpenAt2Raw(437, directory, path, in how, 24);
        while (result < 0 && LastError is Errno.EINTR or Errno.EAGAIN);
        return (int)result;
    }
}
