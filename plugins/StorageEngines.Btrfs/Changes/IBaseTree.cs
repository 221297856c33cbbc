namespace StorageEngines.Btrfs.Changes;

/// <summary>
/// Looks entries up in the base and in the target snapshot: what a stream does not say (the old size, the old type, the names of a file that the
/// stream does not mention). A symbolic link is never followed. Called from one thread at a time, for the base while the stream is still read.
/// </summary>
internal interface IBaseTree
{
    /// <summary>An entry of the base snapshot.</summary>
    /// <param name="path">Its path there; empty for the root.</param>
    /// <returns>The entry, or null if there is none.</returns>
    KnownEntry? InBase(BytePath path);

    /// <summary>An entry of the target snapshot.</summary>
    /// <param name="path">Its path there; empty for the root.</param>
    /// <returns>The entry, or null if there is none.</returns>
    KnownEntry? InTarget(BytePath path);

    /// <summary>All names of a file of several names in the base. BTRFS_IOC_INO_PATHS gives them.</summary>
    /// <param name="inode">The file's inode number, from <see cref="InBase"/>.</param>
    /// <returns>Its paths there.</returns>
    IReadOnlyList<BytePath> NamesInBase(ulong inode);

    /// <summary>All names of a file in the target; the same as <see cref="NamesInBase"/>.</summary>
    /// <param name="inode">The file's inode number, which a file keeps from snapshot to snapshot.</param>
    /// <returns>Its paths there; none if the target has no such inode.</returns>
    IReadOnlyList<BytePath> NamesInTarget(ulong inode);
}
