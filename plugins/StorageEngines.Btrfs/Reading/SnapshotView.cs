using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Reading;

/// <summary>Opens snapshots and the files in them. Safe for use by several threads.</summary>
internal sealed class SnapshotView(SnapshotCatalog catalog)
{
    /// <summary>Where snapshots are found.</summary>
    internal SnapshotCatalog Catalog => catalog;

    /// <summary>Opens a snapshot's tree; the caller disposes it.</summary>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    internal BeneathRoot Open(SnapshotRef snapshot) => Open(catalog.Require(snapshot), snapshot);

    /// <summary>Opens a snapshot's tree; the caller disposes it.</summary>
    /// <param name="entry">The snapshot as it was found.</param>
    /// <param name="snapshot">How it was asked for.</param>
    internal static BeneathRoot Open(SnapshotEntry entry, SnapshotRef snapshot)
    {
        BeneathRoot? root = null;
        try
        {
            root = BeneathRoot.Open(entry.Path.Span);
            if (BtrfsControl.IsSubvolume(root.Root) && BtrfsControl.Details(root.Root).Uuid == entry.Details.Uuid)
            {
                return root;
            }
        }
        catch (PosixException e) when (e.Errno != Errno.ENOENT)
        {
            throw BtrfsErrors.From(e, "open snapshot", entry.Path.ToString());
        }
        catch (PosixException)
        {
            // It was deleted meanwhile.
        }

        root?.Dispose();
        throw SnapshotCatalog.Missing(snapshot);
    }

    /// <summary>
    /// Says whether an open snapshot was deleted meanwhile: then nothing is found in it any longer, and that is no answer.
    /// Implements: ioctl BTRFS_IOC_GET_SUBVOL_INFO, ioctl_btrfs(2).
    /// </summary>
    internal static bool IsGone(BeneathRoot root)
    {
        try
        {
            _ = BtrfsControl.Details(root.Root);
            return false;
        }
        catch (PosixException e) when (e.Errno == Errno.ENOENT)
        {
            return true;
        }
    }

    /// <summary>The error for a file that cannot be had.</summary>
    internal static StorageEngineException FileError(PosixException error, BytePath path, SnapshotRef snapshot) => error.Errno switch
    {
        Errno.ENOENT or Errno.ENOTDIR => new StorageEngineException(
            EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest, $"There is no '{path}' in {snapshot}; list its files to see which there are.", error) { Engine = BtrfsEngineFactory.SchemeName },
        Errno.EINVAL or Errno.ELOOP or Errno.EISDIR => new StorageEngineException(
            EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"'{path}' in {snapshot} is no regular file; name a regular file.", error) { Engine = BtrfsEngineFactory.SchemeName },
        _ => BtrfsErrors.From(error, "read", path.ToString()),
    };

    /// <summary>The path of a file that has to be given, because a subvolume is a tree.</summary>
    internal static BytePath RequirePath(BytePath? path, SnapshotRef snapshot) => path is { IsRoot: false } given ? given
        : throw new StorageEngineException(
            EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, $"{snapshot} is a tree; name one of its files.") { Engine = BtrfsEngineFactory.SchemeName };
}
