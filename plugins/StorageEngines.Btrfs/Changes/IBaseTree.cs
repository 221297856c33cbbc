namespace StorageEngines.Btrfs.Changes;

/// <summary>Looks entries up in the base and in the target snapshot: what a stream does not say. Called from one thread at a time.</summary>
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
}
