namespace StorageEngines;

/// <summary>What a check of a store looked at and found.</summary>
/// <param name="Snapshots">Snapshots that were checked.</param>
/// <param name="Blocks">Stored blocks that were checked.</param>
/// <param name="BytesRead">Bytes that were read.</param>
/// <param name="Damages">How many damages were told.</param>
/// <param name="HurtSnapshots">The snapshots that are hurt.</param>
/// <param name="Quarantined">The paths of what was moved aside, where it is now.</param>
/// <param name="Notes">What else a person should know, e.g. a cache that will be made anew. No damage.</param>
public sealed record StoreCheckReport(
    long Snapshots,
    long Blocks,
    long BytesRead,
    long Damages,
    IReadOnlyList<SnapshotRef> HurtSnapshots,
    IReadOnlyList<string> Quarantined,
    IReadOnlyList<string> Notes)
{
    /// <summary>No damage was found.</summary>
    public bool IsWhole => Damages == 0;
}
