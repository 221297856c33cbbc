namespace StorageEngines;

/// <summary>What is at the path that is to be written.</summary>
internal enum BlockTargetKind
{
    /// <summary>Nothing.</summary>
    Absent,

    /// <summary>A regular file.</summary>
    File,

    /// <summary>A block device.</summary>
    Device,
}
