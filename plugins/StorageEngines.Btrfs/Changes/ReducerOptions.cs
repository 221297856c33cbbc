namespace StorageEngines.Btrfs.Changes;

/// <summary>What a reducer is to give, and whom it may ask.</summary>
internal sealed record ReducerOptions
{
    /// <summary>
    /// Looks entries up in both snapshots. Without it the answer is what the stream alone can tell: sizes of the base are unknown, so that changed files have
    /// no extents; metadata that was set to what it was is listed; and names that the stream does not mention of files of several names are missing.
    /// Default: null.
    /// </summary>
    internal IBaseTree? Tree { get; init; }

    /// <summary>
    /// Whether the target is asked of a file, and of where it has data, when the stream is done with it, while the file system looks for the next change, and not at the end. Default: false; it is right only where
    /// an answer costs no way to another machine.
    /// </summary>
    internal bool AsksAtOnce { get; init; }

    /// <summary>Tells holes from data where the stream does not. Default: null, all is data.</summary>
    internal IExtentStates? States { get; init; }

    /// <summary>The most extents given with one change. Default: 1024.</summary>
    internal int MaxExtentsPerFile { get; init; } = 1024;

    /// <summary>Only changes at or below this path, by its name in either snapshot. Default: the root, all.</summary>
    internal BytePath Under { get; init; }

    /// <summary>Where a long list waits for the end of the stream. Default: the system's temporary directory.</summary>
    internal string SpoolDirectory { get; init; } = Path.GetTempPath();

    /// <summary>How much of it waits in memory, in bytes. Default: 4 MiB.</summary>
    internal int SpoolMemoryBytes { get; init; } = 4 << 20;
}
