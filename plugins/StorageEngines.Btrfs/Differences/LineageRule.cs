using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;

namespace StorageEngines.Btrfs.Differences;

/// <summary>
/// Which snapshots may be compared: two of one volume, of which nobody wrote to either, the base cut before the target. A roll back between them does no harm,
/// because a send compares the two trees as they are, whatever lies between.
/// </summary>
internal static class LineageRule
{
    /// <summary>Finds the base of a difference.</summary>
    /// <exception cref="LineageBrokenException">The two are unrelated or in the wrong order.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">The base is gone, or one of the two was written to.</exception>
    internal static SnapshotEntry RequireBase(SnapshotCatalog catalog, VolumeLookup volumes, ChangeToken token, SnapshotEntry target, SnapshotRef asked)
    {
        SnapshotEntry found = FindBase(catalog, volumes, token, target.Volume, asked.Volume);
        Require(found, target);
        return found;
    }

    /// <summary>Finds the snapshot that a token names.</summary>
    /// <exception cref="LineageBrokenException">It is of another volume.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">It is gone, or the volume was replaced.</exception>
    internal static SnapshotEntry FindBase(SnapshotCatalog catalog, VolumeLookup volumes, ChangeToken token, VolumeKey volume, VolumeRef asked)
    {
        if (token.Engine != BtrfsEngineFactory.SchemeName || token.VolumeId != volume.Id)
        {
            bool replaced = volumes.LastSeen(token.VolumeId) is { } at && volumes.LastSeen(volume.Id) == at;
            throw replaced
                ? Unavailable(EngineReason.VolumeReplaced, $"Another subvolume is at '{volumes.LastSeen(volume.Id)}' since the base was taken; take a full copy.")
                : Broken(EngineReason.UnrelatedSnapshots, $"The base belongs to another volume than {asked}; take a full copy.");
        }

        return catalog.TryFind(new SnapshotRef(asked, token.Value))
            ?? throw Unavailable(EngineReason.BaseMissing, $"The base '{token.Value}' of {asked} was deleted; take a full copy.");
    }

    /// <summary>Makes sure that two snapshots of one volume can be compared.</summary>
    /// <exception cref="LineageBrokenException">They are in the wrong order.</exception>
    /// <exception cref="ChangeTrackingUnavailableException">One of the two was written to.</exception>
    internal static void Require(SnapshotEntry found, SnapshotEntry target)
    {
        foreach (SnapshotEntry each in new[] { found, target })
        {
            if (!each.Details.IsPristine)
            {
                throw Unavailable(EngineReason.ChangeTrackingLost, $"The snapshot '{each.Name}' was made writable and changed after it was cut; take a full copy, and snapshots that nobody writes to.");
            }
        }

        if (found.Details.OriginTransaction > target.Details.OriginTransaction)
        {
            throw Broken(EngineReason.WrongOrder, $"The base '{found.Name}' is newer than '{target.Name}'; swap the two.");
        }
    }

    private static LineageBrokenException Broken(EngineReason reason, string message) => new(reason, message) { Engine = BtrfsEngineFactory.SchemeName };

    private static ChangeTrackingUnavailableException Unavailable(EngineReason reason, string message) => new(reason, message) { Engine = BtrfsEngineFactory.SchemeName };
}
