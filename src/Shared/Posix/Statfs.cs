using System.Globalization;
using System.Runtime.InteropServices;

namespace StorageEngines.Posix;

/// <summary>The file system a file is on. Implements: fstatfs(2).</summary>
internal readonly struct Statfs
{
    private Statfs(in Libc.StatfsData data)
    {
        Type = data.Type;
        Id = data.IdLow | ((ulong)data.IdHigh << 32);
        BlockSize = data.FragmentSize > 0 ? data.FragmentSize : data.BlockSize;
        TotalBytes = Bytes(data.Blocks);
        FreeBytesAvailable = Bytes(data.AvailableBlocks);
        IsReadOnly = (data.Flags & 1) != 0;
        UsedInodes = data.Files - Math.Min(data.FreeFiles, data.Files);
    }

    /// <summary>The magic number, see statfs(2).</summary>
    internal ulong Type { get; }

    /// <summary>f_fsid: tells file systems apart; for btrfs also subvolumes. May be 0.</summary>
    internal ulong Id { get; }

    /// <summary>Bytes of one block.</summary>
    internal long BlockSize { get; }

    /// <summary>Size in bytes.</summary>
    internal long TotalBytes { get; }

    /// <summary>Bytes an ordinary user can still write.</summary>
    internal long FreeBytesAvailable { get; }

    /// <summary>Inodes in use; 0 where the file system does not count them.</summary>
    internal ulong UsedInodes { get; }

    /// <summary>Mounted for reading only.</summary>
    internal bool IsReadOnly { get; }

    /// <summary>The usual name of the type, or its number as 0x… when not known here.</summary>
    internal string Name => Type switch
    {
        0xEF53 => "ext4", // also ext2 and ext3
        0x58465342 => "xfs",
        0x9123683E => "btrfs",
        0x01021994 => "tmpfs",
        0x858458F6 => "ramfs",
        0x794C7630 => "overlay",
        0x6969 => "nfs",
        0xFF534D42 or 0xFE534D42 or 0x517B => "smb",
        0x2FC12FC1 => "zfs",
        0xF2F52010 => "f2fs",
        0xCA451A4E => "bcachefs",
        0x00C36400 => "ceph",
        0x65735546 => "fuse",
        0x01021997 => "9p",
        0x6A656A63 => "virtiofs",
        0x73717368 => "squashfs",
        0x4D44 => "vfat",
        0x2011BAB0 => "exfat",
        0x9FA0 => "proc",
        0x62656572 => "sysfs",
        0x7366746E => "ntfs3",
        _ => string.Create(CultureInfo.InvariantCulture, $"0x{Type:X}"),
    };

    /// <summary>The file system of an open file or directory.</summary>
    /// <exception cref="PosixException">The call failed.</exception>
    internal static Statfs Get(SafeHandle file) =>
        Libc.FStatfs(file, out Libc.StatfsData data) == 0 ? new Statfs(in data) : throw PosixException.Last("fstatfs");

    // Some network file systems report more than fits; what is more than 8 EiB is as good as endless.
    private long Bytes(ulong blocks) => blocks <= (ulong)(long.MaxValue / Math.Max(BlockSize, 1)) ? (long)blocks * BlockSize : long.MaxValue;
}
