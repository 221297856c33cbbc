using StorageEngines.Btrfs.Native;

namespace StorageEngines.Btrfs.Volumes;

/// <summary>A volume as it was found.</summary>
/// <param name="Key">Its identity.</param>
/// <param name="Location">Where its subvolume is.</param>
/// <param name="Current">The subvolume that is there now.</param>
/// <param name="Lives">The uuids of all subvolumes that have been this volume, the present one among them.</param>
/// <param name="SnapshotDirectory">The directory that its snapshots go to; it may not be there yet.</param>
/// <param name="IsMountRoot">Whether the subvolume is mounted there by itself.</param>
internal sealed record VolumePlace(VolumeKey Key, BytePath Location, SubvolumeDetails Current, Guid[] Lives, BytePath SnapshotDirectory, bool IsMountRoot)
{
    /// <summary>The reference, with the path as its label.</summary>
    internal VolumeRef Ref => new(BtrfsEngineFactory.SchemeName, Key.Id, Location.ToString());

    /// <summary>The description.</summary>
    internal VolumeInfo Info => new(Ref, VolumeKind.Tree, Location, null);
}
