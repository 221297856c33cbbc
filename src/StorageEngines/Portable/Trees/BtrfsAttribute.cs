namespace StorageEngines.Portable.Trees;

/// <summary>The attributes of a command in a Btrfs send stream; the values are the format's.</summary>
internal enum BtrfsAttribute : ushort
{
    Uuid = 1,
    TransactionId = 2,
    Inode = 3,
    Size = 4,
    Mode = 5,
    UserId = 6,
    GroupId = 7,
    Device = 8,
    ChangeTime = 9,
    ModificationTime = 10,
    AccessTime = 11,
    BirthTime = 12,
    XattrName = 13,
    XattrData = 14,
    FilePath = 15,
    PathTo = 16,
    PathLink = 17,
    FileOffset = 18,
    Data = 19,
    CloneUuid = 20,
    CloneTransactionId = 21,
    ClonePath = 22,
    CloneOffset = 23,
    CloneLength = 24,
    AllocateMode = 25,
}
