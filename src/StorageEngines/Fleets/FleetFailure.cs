namespace StorageEngines;

/// <summary>A volume could not be asked, or did not answer to the end: what was told of its extents is not whole. The other volumes go on.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Location">Where it was when the volumes were listed; null if it was not among them.</param>
/// <param name="Base">What was to be compared with; null if no snapshot can be that.</param>
/// <param name="Target">The newer snapshot; null if the snapshots could not be listed.</param>
/// <param name="Error">Why, as a query for this volume alone would have thrown it.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record FleetFailure(VolumeRef Volume, BytePath? Location, SnapshotInfo? Base, SnapshotInfo? Target, Exception Error, TimeSpan Elapsed) : FleetEvent(Volume, Location);
