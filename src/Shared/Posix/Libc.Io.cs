using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

internal static partial class Libc
{
    /// <summary>SEEK_DATA.</summary>
    internal const int SeekData = 3;

    /// <summary>SEEK_HOLE.</summary>
    internal const int SeekHole = 4;

    /// <summary>FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE.</summary>
    internal const int PunchHoleKeepSize = 0x01 | 0x02;

    private static readonly int GetDirectoryEntriesNumber = PerArchitecture(217, 61);

    [LibraryImport(Library, EntryPoint = "pread", SetLastError = true)]
    internal static partial nint PRead(SafeHandle file, ref byte buffer, nint count, long offset);

    [LibraryImport(Library, EntryPoint = "pwrite", SetLastError = true)]
    internal static partial nint PWrite(SafeHandle file, ReadOnlySpan<byte> buffer, nint count, long offset);

    [LibraryImport(Library, EntryPoint = "lseek", SetLastError = true)]
    internal static partial long Seek(SafeHandle file, long offset, int whence);

    [LibraryImport(Library, EntryPoint = "ftruncate", SetLastError = true)]
    internal static partial int Truncate(SafeHandle file, long length);

    [LibraryImport(Library, EntryPoint = "fallocate", SetLastError = true)]
    internal static partial int Allocate(SafeHandle file, int mode, long offset, long length);

    [LibraryImport(Library, EntryPoint = "posix_fadvise", SetLastError = true)]
    internal static partial int Advise(SafeHandle file, long offset, long length, int advice);

    [LibraryImport(Library, EntryPoint = "fsync", SetLastError = true)]
    internal static partial int Sync(SafeHandle file);

    [LibraryImport(Library, EntryPoint = "syncfs", SetLastError = true)]
    internal static partial int SyncFileSystem(SafeHandle file);

    [LibraryImport(Library, EntryPoint = "sync_file_range", SetLastError = true)]
    internal static partial int SyncRange(SafeHandle file, long offset, long length, uint flags);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Lock(SafeHandle file, int operation);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle file, nuint request, out ulong value);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Control(SafeHandle file, nuint request, SafeHandle argument);

    [LibraryImport(Library, EntryPoint = "syscall", SetLastError = true)]
    private static partial nint GetDirectoryEntriesRaw(nint number, SafeHandle directory, ref byte buffer, nint count);

    /// <summary>Reads raw directory entries. Implements: getdents64(2), system call 217 (x64) or 61 (arm64).</summary>
    internal static int GetDirectoryEntries(SafeHandle directory, Span<byte> buffer) =>
        (int)GetDirectoryEntriesRaw(GetDirectoryEntriesNumber, directory, ref MemoryMarshal.GetReference(buffer), buffer.Length);
}
