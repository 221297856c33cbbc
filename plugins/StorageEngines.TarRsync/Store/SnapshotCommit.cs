namespace StorageEngines.TarRsync.Store;

/// <summary>What is known of a snapshot once its last entry is written.</summary>
internal sealed record SnapshotCommit
{
    /// <summary>When it was cut, UTC.</summary>
    internal required DateTimeOffset CreatedAt { get; init; }

    /// <summary>What its content is worth.</summary>
    internal required Consistency Consistency { get; init; }

    /// <summary>Bytes, as <see cref="SnapshotInfo.SizeBytes"/>.</summary>
    internal required long SizeBytes { get; init; }

    /// <summary>What it cost.</summary>
    internal SnapshotStatistics? Statistics { get; init; }

    /// <summary>Labels.</summary>
    internal IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>What a person should know.</summary>
    internal IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>The group it was taken in, or null.</summary>
    internal string? GroupId { get; init; }
}
