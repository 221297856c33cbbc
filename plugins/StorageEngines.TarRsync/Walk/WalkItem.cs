using StorageEngines.Posix;

namespace StorageEngines.TarRsync.Walk;

/// <summary>One entry of a directory's listing; its name lies in the listing's memory.</summary>
internal struct WalkItem
{
    /// <summary>What statx said.</summary>
    internal FileStatus Status;

    /// <summary>Where the name begins in the listing's names.</summary>
    internal int NameStart;

    /// <summary>The name's length in bytes.</summary>
    internal int NameLength;

    /// <summary>Something else is mounted here: what is below belongs to another file system.</summary>
    internal bool IsBoundary;

    /// <summary>Which of the directory's subdirectories to descend into; -1 for none.</summary>
    internal int Subdirectory;
}
