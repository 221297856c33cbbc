namespace StorageEngines.Btrfs.Changes;

/// <summary>What the stream said of a file or directory so far.</summary>
[Flags]
internal enum ObjectFlags : ushort
{
    None = 0,

    /// <summary>The stream made it.</summary>
    New = 1,

    /// <summary>It is known to be a directory, or something below it was named.</summary>
    Directory = 2,

    /// <summary>It got, lost or changed a name.</summary>
    Moved = 4,

    /// <summary>The base has it under several names.</summary>
    ManyNames = 8,

    /// <summary>Its mode, owner or times were set. They may be what they were: ctime alone makes the kernel send them.</summary>
    Attributes = 16,

    /// <summary>An extended attribute was set or removed.</summary>
    Xattrs = 32,

    /// <summary>Its times were set, which is the last that a stream says of anything but a directory.</summary>
    Finished = 64,

    /// <summary>Its changes were listed.</summary>
    Listed = 128,

    /// <summary>Its names in both snapshots were looked up.</summary>
    Grouped = 256,

    /// <summary>Its place in the table is free.</summary>
    Unused = 512,
}
