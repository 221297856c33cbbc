using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>What is kept of an ordinary file's status: 64 bytes.</summary>
internal readonly struct BulkStatus(in XfsBulkStatus file)
{
    private readonly long _size = (long)file.Size;
    private readonly ulong _blocks = file.Blocks;
    private readonly long _modified = file.ModifiedSeconds;
    private readonly long _changed = file.ChangedSeconds;
    private readonly long _born = file.BirthSeconds;
    private readonly uint _modifiedNanoseconds = file.ModifiedNanoseconds;
    private readonly uint _changedNanoseconds = file.ChangedNanoseconds;
    private readonly uint _bornNanoseconds = file.BirthNanoseconds;
    private readonly uint _user = file.UserId;
    private readonly uint _group = file.GroupId;
    private readonly ushort _mode = file.Mode;

    /// <summary>The status as statx has it, but for the time of the last access and the attribute bits, which nobody looks at.</summary>
    /// <param name="inode">The file's number.</param>
    /// <param name="root">The status of the walk's root, which is on the same device and mount.</param>
    /// <param name="sectorsPerBlock">Units of 512 bytes in a block of the file system.</param>
    internal FileStatus Expand(ulong inode, in FileStatus root, ulong sectorsPerBlock) => new()
    {
        Type = FileType.Regular,
        Mode = _mode & 0xFFFu,
        UserId = _user,
        GroupId = _group,
        Size = _size,
        Blocks = _blocks * sectorsPerBlock,
        LinkCount = 1,
        Inode = inode,
        DeviceMajor = root.DeviceMajor,
        DeviceMinor = root.DeviceMinor,
        MountId = root.MountId,
        ModificationTime = new PosixTime(_modified, (int)_modifiedNanoseconds),
        ChangeTime = new PosixTime(_changed, (int)_changedNanoseconds),
        BirthTime = new PosixTime(_born, (int)_bornNanoseconds),
    };
}
