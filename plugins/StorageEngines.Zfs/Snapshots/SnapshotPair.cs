namespace StorageEngines.Zfs.Snapshots;

/// <summary>An older and a newer state of one line. Both may be the same snapshot, and then nothing changed: 'zfs send' refuses that.</summary>
/// <param name="Base">The older one.</param>
/// <param name="Target">The newer one.</param>
internal sealed record SnapshotPair(SendBase Base, ZfsSnapshot Target)
{
    /// <summary>Whether both are the same snapshot.</summary>
    internal bool IsSame => Base.Guid == Target.Guid;
}
