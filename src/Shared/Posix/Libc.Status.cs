using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

internal static partial class Libc
{
    /// <summary>struct statx_timestamp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct StatxTime
    {
        internal long Seconds;
        internal uint Nanoseconds;
        internal int Reserved;
    }

    /// <summary>struct statx; the same on every processor, which is why it is used and not stat.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    internal struct StatxData
    {
        internal uint Mask;
        internal uint BlockSize;
        internal ulong Attributes;
        internal uint LinkCount;
        internal uint UserId;
        internal uint GroupId;
        internal ushort Mode;
        internal ushort Spare;
        internal ulong Inode;
        internal ulong Size;
        internal ulong Blocks;
        internal ulong AttributesMask;
        internal StatxTime AccessTime;
        internal StatxTime BirthTime;
        internal StatxTime ChangeTime;
        internal StatxTime ModificationTime;
        internal uint DeviceNodeMajor;
        internal uint DeviceNodeMinor;
        internal uint DeviceMajor;
        internal uint DeviceMinor;
        internal ulong MountId;
    }

    /// <summary>struct statfs; the same on x64 and arm64.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 120)]
    internal struct StatfsData
    {
        internal ulong Type;
        internal long BlockSize;
        internal ulong Blocks;
        internal ulong FreeBlocks;
        internal ulong AvailableBlocks;
        internal ulong Files;
        internal ulong FreeFiles;
        internal uint IdLow;
        internal uint IdHigh;
        internal long NameLength;
        internal long FragmentSize;
        internal ulong Flags;
    }

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    internal static partial int Statx(SafeHandle directory, ReadOnlySpan<byte> path, int flags, uint mask, out StatxData data);

    [LibraryImport(Library, EntryPoint = "statx", SetLastError = true)]
    internal static partial int Statx(int directory, ReadOnlySpan<byte> path, int flags, uint mask, out StatxData data);

    /// <summary>Does not set the last P/Invoke error; whoever needs it after a failure asks <see cref="Marshal.GetLastSystemError"/> at once.</summary>
    [LibraryImport(Library, EntryPoint = "statx")]
    internal static partial int StatxQuick(int directory, ref byte path, int flags, uint mask, out StatxData data);

    [LibraryImport(Library, EntryPoint = "fstatfs", SetLastError = true)]
    internal static partial int FStatfs(SafeHandle file, out StatfsData data);
}
