using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

internal static partial class Libc
{
    private static readonly int MakeNodeNumber = PerArchitecture(259, 33);

    [LibraryImport(Library, EntryPoint = "mkdirat", SetLastError = true)]
    internal static partial int MakeDirectory(SafeHandle directory, ReadOnlySpan<byte> name, uint mode);

    [LibraryImport(Library, EntryPoint = "symlinkat", SetLastError = true)]
    internal static partial int MakeSymlink(ReadOnlySpan<byte> target, SafeHandle directory, ReadOnlySpan<byte> name);

    [LibraryImport(Library, EntryPoint = "readlinkat", SetLastError = true)]
    internal static partial nint ReadLink(SafeHandle directory, ReadOnlySpan<byte> name, ref byte buffer, nint size);

    [LibraryImport(Library, EntryPoint = "linkat", SetLastError = true)]
    internal static partial int Link(SafeHandle directory, ReadOnlySpan<byte> name, SafeHandle newDirectory, ReadOnlySpan<byte> newName, int flags);

    [LibraryImport(Library, EntryPoint = "linkat", SetLastError = true)]
    internal static partial int Link(int directory, ReadOnlySpan<byte> name, SafeHandle newDirectory, ReadOnlySpan<byte> newName, int flags);

    [LibraryImport(Library, EntryPoint = "renameat2", SetLastError = true)]
    internal static partial int Rename(SafeHandle directory, ReadOnlySpan<byte> name, SafeHandle newDirectory, ReadOnlySpan<byte> newName, uint flags);

    [LibraryImport(Library, EntryPoint = "unlinkat", SetLastError = true)]
    internal static partial int Unlink(SafeHandle directory, ReadOnlySpan<byte> name, int flags);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint MakeNodeRaw(nint number, SafeHandle directory, ReadOnlySpan<byte> name, nuint mode, nuint device);

    /// <summary>Makes a file of any type. Implements: mknodat(2), as a system call because old C libraries do not export it.</summary>
    internal static int MakeNode(SafeHandle directory, ReadOnlySpan<byte> name, uint mode, uint device) =>
        (int)MakeNodeRaw(MakeNodeNumber, directory, name, mode, device);
}
