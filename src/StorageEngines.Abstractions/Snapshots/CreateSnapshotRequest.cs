namespace StorageEngines;

/// <summary>Asks for a snapshot.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Name">
/// A name that the caller chooses, so that the call can be repeated: 1 to 200 characters, letters, digits, <c>.</c>, <c>_</c>, <c>:</c> and <c>-</c>, not
/// beginning with <c>.</c> or <c>-</c>. See <see cref="SnapshotName"/>.
/// </param>
public sealed record CreateSnapshotRequest(VolumeRef Volume, string Name)
{
    /// <summary>The least consistency to accept; an engine that cannot reach it fails before it begins. Default: <see cref="Consistency.Unknown"/>, whatever can be had.</summary>
    public Consistency MinimumConsistency { get; init; }

    /// <summary>Labels to keep with the snapshot. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = NoLabels;

    /// <summary>Told how far it is. Default: null, nobody.</summary>
    public IProgress<OperationProgress>? Progress { get; init; }

    /// <summary>
    /// Percent of the files judged unchanged by their status that are read again and compared with the previous snapshot; of an image, percent of its blocks. 0 to
    /// 100. What turns out to have changed is in the snapshot as it is now, named in its warnings, and counted in <see cref="SnapshotStatistics.Recheck"/>. An
    /// engine whose storage tracks changes itself judges nothing by status, and ignores it. Default: 0, none.
    /// </summary>
    public double RecheckPercent { get; init; }

    private static IReadOnlyDictionary<string, string> NoLabels { get; } = new Dictionary<string, string>();
}
