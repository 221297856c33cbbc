namespace StorageEngines.TarRsync.Walk;

/// <summary>How a walk gets the statuses of files.</summary>
internal enum WalkMode
{
    /// <summary>In bulk where the volume is the root of an XFS and that is allowed; else by name.</summary>
    Auto,

    /// <summary>By name, statx(2).</summary>
    Statx,

    /// <summary>In bulk, of any directory of an XFS; where that cannot be, the snapshot fails.</summary>
    Bulkstat,
}
