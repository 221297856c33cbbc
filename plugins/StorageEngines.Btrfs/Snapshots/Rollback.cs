using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>
/// Puts a volume back: a writable snapshot of the snapshot is made beside it, the two names are exchanged in one step, and the old subvolume is deleted. Files that are
/// open still see the old tree until they are closed. Newer snapshots stay.
/// </summary>
internal static class Rollback
{
    /// <summary>Refuses what could not be carried through: the volume is mounted by itself, or holds nested subvolumes, which would stay in the old tree.</summary>
    /// <exception cref="SnapshotInUseException">Mounts or nested subvolumes are in the way; they are named.</exception>
    internal static void Check(VolumeLookup volumes, VolumePlace place, CancellationToken cancellationToken)
    {
        if (place.IsMountRoot || place.Current.Id == BtrfsRequests.TopLevel)
        {
            throw Busy(
                $"'{place.Location}' is where its subvolume is mounted, so that no other can take its place; mount the directory above it (the file system's top level) and roll back there, or change the mount's subvol= option to a clone.",
                [place.Location.ToString()]);
        }

        using SubvolumeTable table = volumes.TryReadTable(place.Key.FileSystem, cancellationToken)
            ?? throw BtrfsErrors.From(new PosixException(Errno.EPERM, "ioctl BTRFS_IOC_TREE_SEARCH_V2", default), "look for nested subvolumes in", place.Location.ToString());
        List<string> nested = Nested(table, place.Current);
        if (nested.Count > 0)
        {
            throw Busy(
                $"'{place.Location}' holds nested subvolumes, which no snapshot of it has and which a roll back would lose: {string.Join(", ", nested.Take(5))}; move them out first, and back in afterwards.", nested);
        }

        if (table.Find(place.Current.Id) is { } current && table.MountsOf(current) is { Count: > 0 } mounts)
        {
            List<string> points = [.. mounts.Select(mount => mount.ToString())];
            throw Busy($"The subvolume of '{place.Location}' is mounted at {string.Join(", ", points)}, which would go on to show the old tree; unmount it first.", points);
        }
    }

    /// <summary>The paths of the subvolumes in one, relative to it; the place of snapshots is left out.</summary>
    internal static List<string> Nested(SubvolumeTable table, SubvolumeDetails volume)
        => [.. table.All.Where(each => each.ParentId == volume.Id && !VolumeLookup.IsPlaceOfSnapshots(each)).Select(each => Relative(table, each, volume))];

    /// <summary>Does it. Runs to its end.</summary>
    /// <param name="host">Where it is.</param>
    /// <param name="place">The volume.</param>
    /// <param name="change">Its snapshot directory.</param>
    /// <param name="target">The snapshot.</param>
    internal static void Run(IBtrfsHost host, VolumePlace place, IBtrfsChange change, SnapshotEntry target)
    {
        BytePath fresh = Left(place);
        RemoveOld(host, change, fresh, place.Lives);
        Guid uuid = change.MakeWritable(target, fresh);
        try
        {
            // Noted first: whichever of the two has the name after a crash, it is this volume.
            change.WriteVolumeFile(VolumeFile.Format([.. place.Lives, uuid]));
            change.Exchange(fresh, place.Location);
        }
        catch (PosixException)
        {
            change.Destroy(fresh, uuid);
            throw;
        }

        RemoveFormer(change, fresh, uuid, place);
    }

    /// <summary>Removes what a crash in a roll back left beside volumes, as far as it is known to be that.</summary>
    internal static void Sweep(IBtrfsHost host, IBtrfsChange change, IReadOnlyList<VolumePlace> places)
    {
        IReadOnlyList<PathFacts> left = host.Look([.. places.Select(Left), .. places.Select(place => HalfRollback.Aside(place.Location))], null, CancellationToken.None);
        for (int i = 0; i < left.Count; i++)
        {
            VolumePlace place = places[i % places.Count];
            // Under the name of a roll back by programs there may be anything that somebody called so; only what was noted is this volume.
            if (i < places.Count ? IsLeft(left[i], place.Lives) : left[i].Subvolume is { } aside && aside.Uuid != place.Current.Uuid && place.Lives.Contains(aside.Uuid))
            {
                change.Destroy(left[i].Path, left[i].Subvolume!.Uuid);
            }
        }
    }

    // What cannot be deleted is put back in its place, so that there is either the old state or the new one.
    private static void RemoveFormer(IBtrfsChange change, BytePath former, Guid fresh, VolumePlace place)
    {
        try
        {
            change.Destroy(former, place.Current.Uuid);
        }
        catch (PosixException e) when (e.Errno == Errno.EPERM)
        {
            change.Exchange(former, place.Location);
            change.Destroy(former, fresh);
            throw Busy(
                $"The subvolume of '{place.Location}' cannot be deleted: it is the file system's default subvolume, which 'btrfs subvolume set-default' changes, or it is being sent. Nothing was changed.",
                [place.Location.ToString()]);
        }
    }

    private static BytePath Left(VolumePlace place)
    {
        BytePath parent = place.Location.Parent.IsRoot ? new BytePath("/"u8.ToArray()) : place.Location.Parent;
        return VolumeLookup.Below(parent, [.. SnapshotStore.Unfinished, .. place.Key.DirectoryName]);
    }

    private static void RemoveOld(IBtrfsHost host, IBtrfsChange change, BytePath fresh, IReadOnlyList<Guid> lives)
    {
        PathFacts facts = host.Look([fresh], null, CancellationToken.None)[0];
        if (facts.Error is { Errno: Errno.ENOENT })
        {
            return;
        }

        if (!IsLeft(facts, lives))
        {
            throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.OperatorAction,
                $"'{fresh}' is beside the volume and was written to; see what it is, and move it away.") { Engine = BtrfsEngineFactory.SchemeName };
        }

        change.Destroy(fresh, facts.Subvolume!.Uuid);
    }

    // Its uuid was noted, or nobody has written to it. Whatever else has the name stays.
    private static bool IsLeft(PathFacts facts, IReadOnlyList<Guid> lives)
        => facts.Subvolume is { } old && (lives.Contains(old.Uuid) || old.ChangeTransaction <= old.OriginTransaction);

    private static string Relative(SubvolumeTable table, SubvolumeDetails nested, SubvolumeDetails volume)
    {
        if (table.TopLevelPath(nested) is not { } path || table.Find(volume.Id) is not { } holder || table.TopLevelPath(holder) is not { } above)
        {
            return new BytePath(nested.Name).ToString();
        }

        return new BytePath(path.Bytes[(above.Length == 1 ? 1 : above.Length + 1)..]).ToString();
    }

    private static SnapshotInUseException Busy(string message, IReadOnlyList<string> blockers)
        => new(EngineReason.SnapshotBusy, message, blockers) { Engine = BtrfsEngineFactory.SchemeName, Operation = "roll back" };
}
