namespace StorageEngines.Btrfs.Native;

/// <summary>How a send is made: the flags of BTRFS_IOC_SEND.</summary>
[Flags]
internal enum SendMode : ulong
{
    /// <summary>With data.</summary>
    None = 0,

    /// <summary>No data, only where it changed.</summary>
    NoFileData = 1,

    /// <summary>The version is given.</summary>
    Version = 8,

    /// <summary>Compressed data is sent as it is; needs version 2.</summary>
    Compressed = 0x10,
}
