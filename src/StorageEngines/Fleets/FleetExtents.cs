namespace StorageEngines;

/// <summary>Part of a volume's answer. Batches of one volume come in order; those of several volumes come between each other.</summary>
/// <param name="Volume">The volume.</param>
/// <param name="Location">Where it was when the volumes were listed; null if it was not among them.</param>
/// <param name="Base">What is compared with.</param>
/// <param name="Target">The newer snapshot.</param>
/// <param name="Batch">The part, with one extent or more.</param>
public sealed record FleetExtents(VolumeRef Volume, BytePath? Location, SnapshotInfo Base, SnapshotInfo Target, ExtentBatch Batch) : FleetEvent(Volume, Location);
