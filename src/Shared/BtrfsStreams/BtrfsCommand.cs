namespace StorageEngines.BtrfsStreams;

/// <summary>The commands of a Btrfs send stream; the values are the format's.</summary>
#if BTRFS_STREAMS_PUBLIC
public
#else
internal
#endif
enum BtrfsCommand : ushort
{
    /// <summary>No command; never in a stream.</summary>
    Unspecified = 0,

    /// <summary>A full stream begins: path, uuid, transaction id.</summary>
    Subvolume = 1,

    /// <summary>An incremental stream begins: path, uuid, transaction id, and the same of the base.</summary>
    Snapshot = 2,

    /// <summary>An empty file.</summary>
    MakeFile = 3,

    /// <summary>A directory.</summary>
    MakeDirectory = 4,

    /// <summary>A device.</summary>
    MakeNode = 5,

    /// <summary>A named pipe.</summary>
    MakeFifo = 6,

    /// <summary>A socket.</summary>
    MakeSocket = 7,

    /// <summary>A symbolic link.</summary>
    Symlink = 8,

    /// <summary>A name moves.</summary>
    Rename = 9,

    /// <summary>A further name of a file.</summary>
    Link = 10,

    /// <summary>A name of anything but a directory goes.</summary>
    Unlink = 11,

    /// <summary>A directory goes.</summary>
    RemoveDirectory = 12,

    /// <summary>An extended attribute is set.</summary>
    SetXattr = 13,

    /// <summary>An extended attribute goes.</summary>
    RemoveXattr = 14,

    /// <summary>Data at an offset.</summary>
    Write = 15,

    /// <summary>A range of another file, or of another place, is shared.</summary>
    Clone = 16,

    /// <summary>The size is set.</summary>
    Truncate = 17,

    /// <summary>The permission bits are set.</summary>
    ChangeMode = 18,

    /// <summary>User and group are set.</summary>
    ChangeOwner = 19,

    /// <summary>The times are set.</summary>
    SetTimes = 20,

    /// <summary>The stream ends.</summary>
    End = 21,

    /// <summary>A range has changed; its data is left out.</summary>
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
