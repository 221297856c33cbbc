namespace StorageEngines.Specification;

/// <summary>Snapshots that a clone took over.</summary>
internal static class MovedSnapshots
{
    /// <summary>The same snapshot as one of another volume; its token is that of the old one.</summary>
    internal static SnapshotInfo In(this SnapshotInfo snapshot, TestVolume volume) => snapshot with { Ref = snapshot.Ref with { Volume = volume.Ref } };
}
