namespace StorageEngines.Portable.Trees;

/// <summary>The commands of a Btrfs send stream; the values are the format's.</summary>
internal enum BtrfsCommand : ushort
{
    Unspecified = 0,
    Subvolume = 1,
    Snapshot = 2,
    MakeFile = 3,
    MakeDirectory = 4,
    MakeNode = 5,
    MakeFifo = 6,
    MakeSocket = 7,
    Symlink = 8,
    Rename = 9,
    Link = 10,
    Unlink = 11,
    RemoveDirectory = 12,
    SetXattr = 13,
    RemoveXattr = 14,
    Write = 15,
    Clone = 16,
    Truncate = 17,
    ChangeMode = 18,
    ChangeOwner = 19,
    SetTimes = 20,
    End = 21,
    UpdateExtent = 22,

    /// <summary>Version 2: punches a hole (its mode says so).</summary>
    Allocate = 23,

    /// <summary>Version 2: Btrfs's own inode flags.</summary>
    FileAttributes = 24,

    /// <summary>Version 2: compressed data.</summary>
    EncodedWrite = 25,

    /// <summary>Version 3: fs-verity.</summary>
    EnableVerity = 26,
}
