namespace StorageEngines;

/// <summary>
/// Part of the answer to a block map query. Everything but the extents is the same in each batch of an answer, and an answer has at least one
/// batch, so that an empty difference too says its capacity and how it is known.
/// </summary>
/// <param name="Style">Whether all extents have one length.</param>
/// <param name="CapacityBytes">Size of the target in bytes; no extent goes beyond it.</param>
/// <param name="BaseCapacityBytes">
/// Size of the base in bytes; null for an allocated map. If it is larger than <paramref name="CapacityBytes"/>, cut the copy first; if smaller,
/// the grown range is among the extents.
/// </param>
/// <param name="Source">How the answer was come by.</param>
/// <param name="Exactness">How close it is to the truth.</param>
/// <param name="Extents">Ascending and disjoint, within the batch and across batches: each ends at or before the next one's offset. May be empty.</param>
public sealed record ExtentBatch(
    ExtentStyle Style,
    long CapacityBytes,
    long? BaseCapacityBytes,
    ChangeSource Source,
    Exactness Exactness,
    IReadOnlyList<Extent> Extents)
{
    /// <summary>Extents begin at multiples of this and end at one, or at the capacity; bytes. Null if only the volume's <see cref="DeltaTraits"/> say it. Default: null.</summary>
    public long? GranularityBytes { get; init; }

    /// <summary>Which of its ways the engine took, in its own word, e.g. <c>exact</c>; null if it has only one. Default: null.</summary>
    public string? Mode { get; init; }
}
