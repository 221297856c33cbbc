using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>How to walk.</summary>
internal sealed record WalkOptions
{
    /// <summary>Threads that look ahead beside the caller's own; 0 to 16. Default: the processors, at most 4.</summary>
    internal int Threads { get; init; } = Math.Min(Environment.ProcessorCount, 4);

    /// <summary>How many entries may wait to be taken; a larger directory is read whole all the same. Default: 32,768.</summary>
    internal int EntriesAhead { get; init; } = 32_768;

    /// <summary>How many directories may be held open ahead. Default: 256.</summary>
    internal int DirectoriesAhead { get; init; } = 256;

    /// <summary>A directory to leave out with all below it, as device and inode: the store, if it lies in the volume. Default: none.</summary>
    internal (uint Major, uint Minor, ulong Inode)? Excluded { get; init; }

    /// <summary>Statuses that were taken in bulk; the caller's. Default: none, each name is asked for.</summary>
    internal BulkStatuses? Bulk { get; init; }


    /// <summary>Whether a status is that of the directory to leave out.</summary>
    internal bool Excludes(in FileStatus status)
        => Excluded is { } store && status.IsDirectory && status.Inode == store.Inode
            && status.DeviceMajor == store.Major && status.DeviceMinor == store.Minor;
}
