using StorageEngines.LvmThin.Volumes;

namespace StorageEngines.LvmThin.Snapshots;

/// <summary>A thin snapshot.</summary>
/// <param name="Lv">What LVM says of it.</param>
/// <param name="Volume">Its volume, which may be gone.</param>
/// <param name="Pool">Its pool; null if it was not reported.</param>
/// <param name="IsOurs">Whether this engine made it.</param>
internal sealed record ThinSnapshot(LogicalVolume Lv, VolumeRef Volume, LogicalVolume? Pool, bool IsOurs)
{
    /// <summary>Its name: the one that was asked for, or that of the logical volume.</summary>
    internal string Name => SnapshotTags.Find(Lv.Tags, SnapshotTags.Name) ?? Lv.Name;

    /// <summary>Id and label.</summary>
    internal SnapshotRef Ref => new(Volume, Lv.Uuid, Name);

    /// <summary>Who holds it.</summary>
    internal List<string> Holds => SnapshotTags.Holds(Lv.Tags);

    /// <summary>What a later delta can be computed from. What can be written may have changed since somebody copied it, and is no base.</summary>
    internal ChangeToken? Token => Lv.IsWritable ? null : new(LvmThinEngineFactory.SchemeName, Volume.Id, Lv.PoolUuid, Lv.Uuid);

    /// <summary>What is known of it.</summary>
    internal SnapshotInfo Info => new(Ref, Lv.CreatedAt, Lv.SizeBytes, SnapshotState.Ready, Lv.Tags.Contains(SnapshotTags.AtRest) ? Consistency.FileSystem : Consistency.Crash)
    {
        ChangeToken = Token,
        Labels = SnapshotTags.Labels(Lv.Tags),
        Holds = Holds,
        Warnings = Lv.IsWritable ? [$"'{Lv.FullName}' can be written, so that it is no base of a difference; 'lvchange -pr' makes it one."] : [],
    };
}
