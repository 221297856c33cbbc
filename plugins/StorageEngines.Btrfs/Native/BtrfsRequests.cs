namespace StorageEngines.Btrfs.Native;

/// <summary>The numbers of the ioctls, as x86-64 and arm64 have them. Bits 16 to 29 of each are the size of its argument. Implements: ioctl_btrfs(2), linux/btrfs.h.</summary>
internal static class BtrfsRequests
{
    /// <summary>BTRFS_IOC_SNAP_CREATE_V2.</summary>
    internal const nuint SnapshotCreate = 0x50009417;

    /// <summary>BTRFS_IOC_SUBVOL_CREATE_V2.</summary>
    internal const nuint SubvolumeCreate = 0x50009418;

    /// <summary>BTRFS_IOC_SNAP_DESTROY_V2.</summary>
    internal const nuint SnapshotDestroy = 0x5000943F;

    /// <summary>BTRFS_IOC_GET_SUBVOL_INFO.</summary>
    internal const nuint SubvolumeInfo = 0x81F8943C;

    /// <summary>BTRFS_IOC_SUBVOL_GETFLAGS.</summary>
    internal const nuint GetFlags = 0x80089419;

    /// <summary>BTRFS_IOC_SUBVOL_SETFLAGS.</summary>
    internal const nuint SetFlags = 0x4008941A;

    /// <summary>BTRFS_IOC_FS_INFO.</summary>
    internal const nuint FileSystemInfo = 0x8400941F;

    /// <summary>BTRFS_IOC_INO_LOOKUP.</summary>
    internal const nuint InodeLookup = 0xD0009412;

    /// <summary>BTRFS_IOC_TREE_SEARCH_V2.</summary>
    internal const nuint TreeSearch = 0xC0709411;

    /// <summary>BTRFS_IOC_SYNC.</summary>
    internal const nuint Sync = 0x9408;

    /// <summary>BTRFS_IOC_START_SYNC.</summary>
    internal const nuint StartSync = 0x80089418;

    /// <summary>BTRFS_IOC_WAIT_SYNC.</summary>
    internal const nuint WaitSync = 0x40089416;

    /// <summary>BTRFS_IOC_SEND.</summary>
    internal const nuint Send = 0x40489426;

    /// <summary>BTRFS_IOC_SET_RECEIVED_SUBVOL.</summary>
    internal const nuint SetReceived = 0xC0C89425;

    /// <summary>Bytes of struct btrfs_ioctl_received_subvol_args.</summary>
    internal const int ReceivedSize = 200;

    /// <summary>Bytes of struct btrfs_ioctl_vol_args_v2.</summary>
    internal const int VolumeArgumentsSize = 4096;

    /// <summary>Bytes of struct btrfs_ioctl_get_subvol_info_args.</summary>
    internal const int SubvolumeInfoSize = 504;

    /// <summary>Bytes of struct btrfs_ioctl_fs_info_args.</summary>
    internal const int FileSystemInfoSize = 1024;

    /// <summary>Bytes of struct btrfs_ioctl_ino_lookup_args.</summary>
    internal const int InodeLookupSize = 4096;

    /// <summary>Bytes of struct btrfs_ioctl_search_args_v2 without its buffer.</summary>
    internal const int TreeSearchHeadSize = 112;

    /// <summary>Bytes of struct btrfs_ioctl_search_header.</summary>
    internal const int TreeSearchItemSize = 32;

    /// <summary>The tree of tree roots.</summary>
    internal const ulong RootTree = 1;

    /// <summary>The top-level subvolume's id.</summary>
    internal const ulong TopLevel = 5;

    /// <summary>The first id of a subvolume, and the inode of every subvolume's root.</summary>
    internal const ulong FirstFree = 256;

    /// <summary>The last id of a subvolume.</summary>
    internal const ulong LastFree = ulong.MaxValue - 255;

    /// <summary>The inode of the empty directory that stands for a nested subvolume in a snapshot.</summary>
    internal const ulong NestedStub = 2;

    /// <summary>statfs's type of Btrfs.</summary>
    internal const ulong Magic = 0x9123683E;

    /// <summary>The size of an argument that a request's number tells.</summary>
    internal static int ArgumentSize(nuint request) => (int)((request >> 16) & 0x3FFF);
}
