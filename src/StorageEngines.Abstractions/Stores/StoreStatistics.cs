namespace StorageEngines;

/// <summary>What a store holds. All sizes in bytes; holes count nowhere.</summary>
public sealed record StoreStatistics
{
    /// <summary>Volumes that have snapshots in the store.</summary>
    public required long Volumes { get; init; }

    /// <summary>What the files of all snapshots hold, each snapshot counted in full.</summary>
    public required long ReferencedBytes { get; init; }

    /// <summary>What is left of <see cref="ReferencedBytes"/> when each block is counted once.</summary>
    public required long UniqueBytes { get; init; }

    /// <summary>What <see cref="UniqueBytes"/> takes when compressed.</summary>
    public required long StoredBytes { get; init; }

    /// <summary>Stored bytes that no snapshot needs: a collection or a repack gives them back.</summary>
    public required long GarbageBytes { get; init; }

    /// <summary>Different blocks that are needed.</summary>
    public required long Blocks { get; init; }

    /// <summary>Files that hold blocks.</summary>
    public required long Packs { get; init; }

    /// <summary>Bytes of these files.</summary>
    public required long PackBytes { get; init; }

    /// <summary>Bytes of the lists of files and of other records.</summary>
    public required long MetadataBytes { get; init; }

    /// <summary>The snapshots, by volume and age.</summary>
    public required IReadOnlyList<StoreSnapshotUsage> Snapshots { get; init; }

    /// <summary>How often a stored block is referred to: <see cref="ReferencedBytes"/> by <see cref="UniqueBytes"/>; 1 for an empty store.</summary>
    public double DeduplicationRatio => UniqueBytes == 0 ? 1 : (double)ReferencedBytes / UniqueBytes;

    /// <summary><see cref="UniqueBytes"/> by <see cref="StoredBytes"/>; 1 for an empty store.</summary>
    public double CompressionRatio => StoredBytes == 0 ? 1 : (double)UniqueBytes / StoredBytes;
}
