using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

/// <summary>One inode as XFS tells it. Implements: struct xfs_bulkstat of ioctl_xfs_bulkstat(2), 192 bytes.</summary>
[StructLayout(LayoutKind.Explicit, Size = SizeOf)]
internal readonly struct XfsBulkStatus
{
    /// <summary>Bytes of one.</summary>
    internal const int SizeOf = 192;

    /// <summary>bs_ino.</summary>
    [FieldOffset(0)]
    internal readonly ulong Inode;

    /// <summary>bs_size: what the disk will say. What was appended and is not written back yet is not in it.</summary>
    [FieldOffset(8)]
    internal readonly ulong Size;

    /// <summary>bs_blocks: blocks of the file system, those that are promised and not placed yet included.</summary>
    [FieldOffset(16)]
    internal readonly ulong Blocks;

    /// <summary>bs_mtime.</summary>
    [FieldOffset(40)]
    internal readonly long ModifiedSeconds;

    /// <summary>bs_ctime.</summary>
    [FieldOffset(48)]
    internal readonly long ChangedSeconds;

    /// <summary>bs_btime.</summary>
    [FieldOffset(56)]
    internal readonly long BirthSeconds;

    /// <summary>bs_uid.</summary>
    [FieldOffset(68)]
    internal readonly uint UserId;

    /// <summary>bs_gid.</summary>
    [FieldOffset(72)]
    internal readonly uint GroupId;

    /// <summary>bs_mtime_nsec.</summary>
    [FieldOffset(84)]
    internal readonly uint ModifiedNanoseconds;

    /// <summary>bs_ctime_nsec.</summary>
    [FieldOffset(88)]
    internal readonly uint ChangedNanoseconds;

    /// <summary>bs_btime_nsec.</summary>
    [FieldOffset(92)]
    internal readonly uint BirthNanoseconds;

    /// <summary>bs_nlink.</summary>
    [FieldOffset(112)]
    internal readonly uint LinkCount;

    /// <summary>bs_mode, with the type.</summary>
    [FieldOffset(132)]
    internal readonly ushort Mode;

    /// <summary>Its type.</summary>
    internal FileType Type => (FileType)(Mode & 0xF000);
}
