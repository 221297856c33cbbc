namespace StorageEngines;

/// <summary>What is known of a snapshot.</summary>
/// <param name="Ref">Its id and label.</param>
/// <param name="CreatedAt">When it was cut, UTC.</param>
/// <param name="SizeBytes">Block volume: its capacity. Tree: the sum of the sizes of its regular files, hard links counted once; 0 if the storage does not know it without a walk. Bytes.</param>
/// <param name="State">Where it is in its life.</param>
/// <param name="Consistency">What its content is worth.</param>
public sealed record SnapshotInfo(SnapshotRef Ref, DateTimeOffset CreatedAt, long SizeBytes, SnapshotState State, Consistency Consistency)
{
    /// <summary>What a later delta can be computed from, or null if this snapshot cannot be a base. Default: null.</summary>
    public ChangeToken? ChangeToken { get; init; }

    /// <summary>The id of the snapshot it descends from, or null. Default: null.</summary>
    public string? ParentId { get; init; }

    /// <summary>The id of the group it was taken in, or null. Do not delete a member alone. Default: null.</summary>
    public string? GroupId { get; init; }

    /// <summary>Labels given at creation. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = NoLabels;

    /// <summary>The owners of holds on it. Default: none.</summary>
    public IReadOnlyList<string> Holds { get; init; } = [];

    /// <summary>What its creation cost, if the engine counted it. Default: null.</summary>
    public SnapshotStatistics? Statistics { get; init; }

    /// <summary>What a person should know of it: files that did not hold still, nested volumes that are not in it. Default: none.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    private static IReadOnlyDictionary<string, string> NoLabels { get; } = new Dictionary<string, string>();
}
