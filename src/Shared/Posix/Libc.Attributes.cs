using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

internal static partial class Libc
{
    /// <summary>UTIME_OMIT: leave this time as it is.</summary>
    internal const long OmitTime = (1L << 30) - 2;

    /// <summary>Two struct timespec of a 64-bit system: access, then modification time.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct TimePair
    {
        internal long AccessSeconds;
        internal long AccessNanoseconds;
        internal long ModificationSeconds;
        internal long ModificationNanoseconds;
    }

    [LibraryImport(Library, EntryPoint = "fchmodat", SetLastError = true)]
    internal static partial int ChangeMode(SafeHandle directory, ReadOnlySpan<byte> name, uint mode, int flags);

    [LibraryImport(Library, EntryPoint = "fchmod", SetLastError = true)]
    internal static partial int ChangeMode(SafeHandle file, uint mode);

    [LibraryImport(Library, EntryPoint = "fchownat", SetLastError = true)]
    internal static partial int ChangeOwner(SafeHandle directory, ReadOnlySpan<byte> name, uint user, uint group, int flags);

    [LibraryImport(Library, EntryPoint = "fchown", SetLastError = true)]
    internal static partial int ChangeOwner(SafeHandle file, uint user, uint group);

    [LibraryImport(Library, EntryPoint = "futimens", SetLastError = true)]
    internal static partial int SetTimes(SafeHandle file, in TimePair times);

    [LibraryImport(Library, EntryPoint = "utimensat", SetLastError = true)]
    internal static partial int SetTimes(SafeHandle directory, ReadOnlySpan<byte> name, in TimePair times, int flags);

    [LibraryImport(Library, EntryPoint = "llistxattr", SetLastError = true)]
    internal static partial nint ListXattr(ReadOnlySpan<byte> path, ref byte list, nint size);

    [LibraryImport(Library, EntryPoint = "lgetxattr", SetLastError = true)]
    internal static partial nint GetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ref byte value, nint size);

    [LibraryImport(Library, EntryPoint = "lsetxattr", SetLastError = true)]
    internal static partial int SetXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, nint size, int flags);

    [LibraryImport(Library, EntryPoint = "lremovexattr", SetLastError = true)]
    internal static partial int RemoveXattr(ReadOnlySpan<byte> path, ReadOnlySpan<byte> name);
}
