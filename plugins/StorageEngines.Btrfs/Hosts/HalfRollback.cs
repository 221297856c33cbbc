using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>
/// A roll back by programs renames the volume to <c>.seng-tmp-was-NAME</c> and the new subvolume to its name. Where it was killed between the two, the volume gets its name back; where it was
/// killed after them, what has the name is the volume as it was before, which is removed with the rest.
/// </summary>
internal static class HalfRollback
{
    private static readonly byte[] Prefix = [.. SnapshotStore.Unfinished, .. "was-"u8];

    /// <summary>The name that a volume has between the two renames.</summary>
    internal static BytePath Aside(BytePath live) => VolumeLookup.Below(Parent(live), [.. Prefix, .. live.Name.Span]);

    /// <summary>Where a subvolume belongs: its own path, or that of a volume whose roll back was killed. Null if it is something else that is not whole.</summary>
    internal static BytePath? Settled(BytePath path)
    {
        ReadOnlySpan<byte> name = path.Name.Span;
        return !SnapshotStore.IsUnfinished(name) ? path : name.StartsWith(Prefix) && name.Length > Prefix.Length ? VolumeLookup.Below(Parent(path), name[Prefix.Length..]) : null;
    }

    /// <summary>Gives a volume on this machine its name back. A roll back that is under way holds the lock, and is left alone.</summary>
    /// <param name="live">The volume's path, where nothing is.</param>
    /// <param name="files">What volumes that were rolled back have noted.</param>
    /// <param name="root">Where snapshots are kept.</param>
    /// <returns>Whether it was so. Implements: renameat2(2) with RENAME_NOREPLACE.</returns>
    internal static bool TryMend(BytePath live, IReadOnlyList<PathFacts.Note> files, BytePath root)
    {
        try
        {
            BytePath aside = Aside(live);
            using BeneathRoot parent = BeneathRoot.Open(Parent(live).Span);
            Guid uuid;
            using (DirectoryHandle left = parent.OpenDirectory(aside.Name.Span))
            {
                if (!BtrfsControl.IsSubvolume(left))
                {
                    return false;
                }

                uuid = BtrfsControl.Details(left).Uuid;
            }

            Guid origin = files.Where(each => VolumeFile.Parse(each.Content).Contains(uuid)).Select(each => each.Origin).FirstOrDefault(uuid);
            using SnapshotStore store = SnapshotStore.OpenLocked(VolumeLookup.Below(root, System.Text.Encoding.ASCII.GetBytes(SubvolumeTable.Text(origin))));
            parent.Rename(aside.Name.Span, live.Name.Span, RenameMode.NoReplace);
            return true;
        }
        catch (PosixException)
        {
            return false; // There is no such subvolume, it is not a volume of this engine, or it may not be changed: then nothing is at the path.
        }
        catch (StorageEngineException e) when (e.Reason == EngineReason.Locked)
        {
            return false;
        }
    }

    private static BytePath Parent(BytePath path) => path.Parent.IsRoot ? new BytePath("/"u8.ToArray()) : path.Parent;
}
