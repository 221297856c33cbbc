using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Manifests;

/// <summary>One name in a manifest. A block volume is one entry of type File with the empty path.</summary>
internal struct ManifestEntry
{
    /// <summary>The path relative to the volume's root. From a reader it is valid until the reader moves on; all other members stay valid.</summary>
    internal ReadOnlyMemory<byte> Path;

    /// <summary>The type.</summary>
    internal TreeEntryType Type;

    /// <summary>Permission bits, 0 to 07777.</summary>
    internal uint Mode;

    /// <summary>The owner.</summary>
    internal uint UserId;

    /// <summary>The group.</summary>
    internal uint GroupId;

    /// <summary>Bytes of a regular file or of a link's target; 0 for others.</summary>
    internal long Size;

    /// <summary>mtime.</summary>
    internal PosixTime ModifiedAt;

    /// <summary>ctime.</summary>
    internal PosixTime ChangedAt;

    /// <summary>btime, if the file system keeps it.</summary>
    internal PosixTime? BirthTime;

    /// <summary>The inode number.</summary>
    internal ulong Inode;

    /// <summary>Major number of the file's device.</summary>
    internal uint DeviceMajor;

    /// <summary>Minor number of the file's device.</summary>
    internal uint DeviceMinor;

    /// <summary>How many names the file has.</summary>
    internal uint LinkCount;

    /// <summary>Major number that a device node stands for.</summary>
    internal uint NodeMajor;

    /// <summary>Minor number that a device node stands for.</summary>
    internal uint NodeMinor;

    /// <summary>The target of a symbolic link.</summary>
    internal ReadOnlyMemory<byte> LinkTarget;

    /// <summary>Extended attributes ordered by name; null is the same as none.</summary>
    internal IReadOnlyList<ExtendedAttribute>? Attributes;

    /// <summary>The file did not hold still while it was read.</summary>
    internal bool ChangedWhileRead;

    /// <summary>It is of the volume as it is now: content and attributes were not read. Never so in a manifest.</summary>
    internal bool IsLive;

    /// <summary>The blocks of a regular file.</summary>
    internal FileContent Content;

    /// <summary>The entry in the contract's words, with a copy of the path.</summary>
    internal readonly TreeEntry ToTreeEntry() => new(
        new BytePath(Path.ToArray()), Type, (int)Mode, UserId, GroupId, Size, Time(ModifiedAt))
    {
        LinkTarget = LinkTarget,
        DeviceMajor = NodeMajor,
        DeviceMinor = NodeMinor,
        FileId = Inode == 0 ? 0 : unchecked(Inode ^ ((ulong)DeviceMajor << 52) ^ ((ulong)DeviceMinor << 40)),
        LinkCount = Math.Max(1, LinkCount),
        ChangedAt = Time(ChangedAt),
        Attributes = Attributes ?? [],
        ChangedWhileRead = ChangedWhileRead,
    };

    private static UnixTime Time(PosixTime time) => new(time.Seconds, time.Nanoseconds);
}
