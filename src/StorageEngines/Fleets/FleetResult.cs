namespace StorageEngines;

/// <summary>A volume was asked and has answered in full.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Location">Where it was when the volumes were listed; null if it was not among them.</param>
/// <param name="Base">What was compared with.</param>
/// <param name="Target">The newer snapshot.</param>
/// <param name="Answer">What every batch of the answer says: sizes, source, exactness, granularity and mode; without extents.</param>
public sealed record FleetResult(VolumeRef Volume, BytePath? Location, SnapshotInfo Base, SnapshotInfo Target, ExtentBatch Answer) : FleetEvent(Volume, Location)
{
    /// <summary>How many extents may differ. Default: 0.</summary>
    public long Extents { get; init; }

    /// <summary>Their bytes that hold data in the target. Default: 0.</summary>
    public long DataBytes { get; init; }

    /// <summary>Their bytes that read as zeroes in the target. Default: 0.</summary>
    public long ZeroBytes { get; init; }

    /// <summary>How long it took to the end of the answer, with what a slow reader held it up, and with <see cref="FleetOptions.ListPerVolume"/> its list of snapshots. Default: zero.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>True if anything may differ, the size included.</summary>
    public bool IsChanged => Extents > 0 || (Answer.BaseCapacityBytes is { } size && size != Answer.CapacityBytes);
}
