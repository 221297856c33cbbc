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
    internal static void Check(VolumePlace place)
    {
        using DirectoryHandle live = SnapshotMaker.OpenSame(place);
        if (FileStatus.Get(live).IsMountRoot || place.Current.Id == BtrfsRequests.TopLevel)
        {
            throw Busy(
                $"'{place.Location}' is where its subvolume is mounted, so that no other can take its place; mount the directory above it (the file system's top level) and roll back there, or change the mount's subvol= option to a clone.",
                [place.Location.ToString()]);
        }

        if (VolumeLookup.TryReadTable(live) is not { } table)
        {
            throw BtrfsErrors.From(new PosixException(Errno.EPERM, "ioctl BTRFS_IOC_TREE_SEARCH_V2", default), "look for nested subvolumes in", place.Location.ToString());
        }

        List<string> nested = Nested(table, place.Current);
        if (nested.Count > 0)
        {
            throw Busy(
                $"'{place.Location}' holds nested subvolumes, which no snapshot of it has and which a roll back would lose: {string.Join(", ", nested.Take(5))}; move them out first, and back in afterwards.", nested);
        }

        if (table.All.FirstOrDefault(each => each.Id == place.Current.Id) is { } current && table.TopLevelPath(current) is { } path)
        {
            List<string> mounts = [.. MountTable.Read().Where(mount => mount.Root == path && SubvolumeTable.IsAt(mount.Point, place.Current.Uuid)).Select(mount => mount.Point.ToString())];
            if (mounts.Count > 0)
            {
                throw Busy($"The subvolume of '{place.Location}' is mounted at {string.Join(", ", mounts)}, which would go on to show the old tree; unmount it first.", mounts);
            }
        }
    }

    /// <summary>The paths of the subvolumes in one, relative to it; the place of snapshots is left out.</summary>
    internal static List<string> Nested(SubvolumeTable table, SubvolumeDetails volume)
        => [.. table.All.Where(each => each.ParentId == volume.Id && !each.Name.AsSpan().SequenceEqual(VolumeLookup.DefaultRoot)).Select(each => Relative(table, each, volume))];

    /// <summary>Does it. Runs to its end.</summary>
    /// <param name="place">The volume.</param>
    /// <param name="store">Its snapshot directory.</param>
    /// <param name="target">The snapshot.</param>
    internal static void Run(VolumePlace place, SnapshotStore store, SnapshotEntry target)
    {
        using BeneathRoot parent = BeneathRoot.Open(place.Location.Parent.IsRoot ? "/"u8 : place.Location.Parent.Span);
        byte[] fresh = LeftName(place);
        RemoveOld(parent, fresh, place.Lives);
        using (DirectoryHandle source = DirectoryHandle.Open(target.Path.Span))
        {
            BtrfsControl.CreateSnapshot(source, parent.Root, fresh, readOnly: false);
        }

        try
        {
            using (DirectoryHandle made = parent.OpenDirectory(fresh))
            {
                // Noted first: whichever of the two has the name after a crash, it is this volume.
                VolumeFile.Write(store.Root.Root, [.. place.Lives, BtrfsControl.Details(made).Uuid]);
            }

            parent.Rename(fresh, place.Location.Name.Span, RenameMode.Exchange);
        }
        catch
        {
            BtrfsControl.DestroySubvolume(parent.Root, fresh);
            throw;
        }

        BtrfsControl.DestroySubvolume(parent.Root, fresh);
        BtrfsControl.Sync(parent.Root); // Otherwise a loss of power would bring the old state back.
    }

    /// <summary>Removes what a crash in a roll back left beside the volume, as far as it is known to be that.</summary>
    internal static void Sweep(VolumePlace place)
    {
        using BeneathRoot parent = BeneathRoot.Open(place.Location.Parent.IsRoot ? "/"u8 : place.Location.Parent.Span);
        byte[] left = LeftName(place);
        if (IsLeft(parent, left, place.Lives))
        {
            BtrfsControl.DestroySubvolume(parent.Root, left);
        }
    }

    private static byte[] LeftName(VolumePlace place) => [.. SnapshotStore.Unfinished, .. place.Key.DirectoryName];

    private static void RemoveOld(BeneathRoot parent, byte[] name, IReadOnlyList<Guid> lives)
    {
        if (!parent.TryGetStatus(name, out _))
        {
            return;
        }

        if (!IsLeft(parent, name, lives))
        {
            throw new StorageEngineException(EngineStatus.AlreadyExists, EngineReason.NameTaken, Recovery.OperatorAction,
                $"'{LosslessName.Format(name)}' is beside the volume and was written to; see what it is, and move it away.") { Engine = BtrfsEngineFactory.SchemeName };
        }

        BtrfsControl.DestroySubvolume(parent.Root, name);
    }

    // Its uuid was noted, or nobody has written to it. Whatever else has the name stays.
    private static bool IsLeft(BeneathRoot parent, byte[] name, IReadOnlyList<Guid> lives)
    {
        if (!parent.TryGetStatus(name, out FileStatus status) || !status.IsDirectory)
        {
            return false;
        }

        using DirectoryHandle old = parent.OpenDirectory(name);
        return BtrfsControl.IsSubvolume(old) && BtrfsControl.Details(old) is { } details
            && (lives.Contains(details.Uuid) || details.ChangeTransaction <= details.OriginTransaction);
    }

    private static string Relative(SubvolumeTable table, SubvolumeDetails nested, SubvolumeDetails volume)
    {
        if (table.TopLevelPath(nested) is not { } path || table.All.FirstOrDefault(each => each.Id == volume.Id) is not { } holder || table.TopLevelPath(holder) is not { } above)
        {
            return new BytePath(nested.Name).ToString();
        }

        return new BytePath(path.Bytes[(above.Length == 1 ? 1 : above.Length + 1)..]).ToString();
    }

    private static SnapshotInUseException Busy(string message, IReadOnlyList<string> blockers)
        => new(EngineReason.SnapshotBusy, message, blockers) { Engine = BtrfsEngineFactory.SchemeName, Operation = "roll back" };
}
