namespace StorageEngines.BtrfsStreams;

/// <summary>The attributes of a command in a Btrfs send stream; the values are the format's.</summary>
#if BTRFS_STREAMS_PUBLIC
public
#else
internal
#endif
enum BtrfsAttribute : ushort
{
    /// <summary>A subvolume's uuid, 16 bytes.</summary>
    Uuid = 1,

    /// <summary>A subvolume's last change, a transaction id.</summary>
    TransactionId = 2,

    /// <summary>An inode number.</summary>
    Inode = 3,

    /// <summary>A size or length in bytes.</summary>
    Size = 4,

    /// <summary>Type and permission bits.</summary>
    Mode = 5,

    /// <summary>The owner.</summary>
    UserId = 6,

    /// <summary>The group.</summary>
    GroupId = 7,

    /// <summary>A device number.</summary>
    Device = 8,

    /// <summary>ctime, 12 bytes.</summary>
    ChangeTime = 9,

    /// <summary>mtime, 12 bytes.</summary>
    ModificationTime = 10,

    /// <summary>atime, 12 bytes.</summary>
    AccessTime = 11,

    /// <summary>Time of creation, 12 bytes; version 2.</summary>
    BirthTime = 12,

    /// <summary>An extended attribute's name.</summary>
    XattrName = 13,

    /// <summary>An extended attribute's value.</summary>
    XattrData = 14,

    /// <summary>The path the command is about, from the root of the subvolume; empty for the root itself.</summary>
    FilePath = 15,

    /// <summary>The new path of a rename.</summary>
    PathTo = 16,

    /// <summary>A symbolic link's target, or the existing name of a hard link.</summary>
    PathLink = 17,

    /// <summary>Where in the file, in bytes.</summary>
    FileOffset = 18,

    /// <summary>The bytes; from version 2 on without a length, the last attribute.</summary>
    Data = 19,

    /// <summary>Of which snapshot a range is shared, or an incremental stream's base.</summary>
    CloneUuid = 20,

    /// <summary>That snapshot's transaction id.</summary>
    CloneTransactionId = 21,

    /// <summary>Of which file.</summary>
    ClonePath = 22,

    /// <summary>From where in it, in bytes.</summary>
    CloneOffset = 23,

    /// <summary>How much, in bytes.</summary>
    CloneLength = 24,

    /// <summary>The mode of fallocate(2), 32 bits; version 2.</summary>
    AllocateMode = 25,

    /// <summary>Btrfs's own inode flags, 64 bits; version 2.</summary>
    FileAttributes = 26,

    /// <summary>Bytes of the file that an encoded write covers; version 2.</summary>
    UnencodedFileLength = 27,

    /// <summary>Bytes the encoded data gives when it is decoded; version 2.</summary>
    UnencodedLength = 28,

    /// <summary>Where in the decoded bytes those of the file begin; version 2.</summary>
    UnencodedOffset = 29,

    /// <summary>How the data is compressed, 32 bits: 1 zlib, 2 zstd, 3 to 7 LZO in sectors of 4 to 64 KiB; version 2.</summary>
    Compression = 30,

    /// <summary>How the data is encrypted, 32 bits; always 0 so far; version 2.</summary>
    Encryption = 31,
}
