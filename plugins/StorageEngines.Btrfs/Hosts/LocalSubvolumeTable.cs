using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>The table as tree searches tell it. Needs CAP_SYS_ADMIN. Implements: ioctl BTRFS_IOC_TREE_SEARCH_V2, BTRFS_IOC_INO_LOOKUP, ioctl_btrfs(2).</summary>
internal sealed class LocalSubvolumeTable : SubvolumeTable
{
    private readonly DirectoryHandle _fileSystem;
    private readonly Dictionary<ulong, byte[]?> _paths = [];
    private readonly Dictionary<ulong, Dictionary<ulong, byte[]>> _directories = []; // by the subvolume, and by the inode in it
    private List<MountTable.Mount>? _mounts;

    private LocalSubvolumeTable(DirectoryHandle fileSystem, Guid fileSystemId)
        : base(fileSystemId) => _fileSystem = fileSystem;

    /// <summary>Reads the table.</summary>
    /// <param name="fileSystem">Anything open on the file system; it becomes the table's.</param>
    /// <exception cref="PosixException">EPERM: CAP_SYS_ADMIN is missing. The directory stays open.</exception>
    internal static LocalSubvolumeTable Read(DirectoryHandle fileSystem)
    {
        var table = new LocalSubvolumeTable(fileSystem, BtrfsControl.FileSystemId(fileSystem));
        table.Fill();
        return table;
    }

    /// <inheritdoc/>
    public override void Dispose() => _fileSystem.Dispose();

    /// <inheritdoc/>
    internal override BytePath? TopLevelPath(SubvolumeDetails subvolume)
    {
        if (subvolume.Id == BtrfsRequests.TopLevel)
        {
            return new BytePath("/"u8.ToArray());
        }

        if (!_paths.TryGetValue(subvolume.Id, out byte[]? path))
        {
            _paths[subvolume.Id] = null; // Ends the search if references ever bite their own tail.
            _paths[subvolume.Id] = path = FindPath(subvolume);
        }

        return path is null ? null : new BytePath(path);
    }

    /// <inheritdoc/>
    internal override BytePath? VisiblePath(SubvolumeDetails subvolume)
    {
        if (TopLevelPath(subvolume) is not { } path)
        {
            return null;
        }

        foreach (MountTable.Mount mount in _mounts ??= [.. MountTable.Read().Where(IsHere)])
        {
            if (MountTable.See(mount, path) is { } seen && IsAt(seen, subvolume.Uuid))
            {
                return seen;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    internal override IReadOnlyList<BytePath> MountsOf(SubvolumeDetails subvolume) => TopLevelPath(subvolume) is not { } path ? []
        : [.. MountTable.Read().Where(mount => mount.Root == path && IsAt(mount.Point, subvolume.Uuid)).Select(mount => mount.Point)];

    /// <summary>Says whether a path leads to a subvolume. Something else may be mounted over it.</summary>
    private static bool IsAt(BytePath path, Guid uuid)
    {
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(path.Span);
            return BtrfsControl.IsSubvolume(directory) && BtrfsControl.Details(directory).Uuid == uuid;
        }
        catch (PosixException)
        {
            return false; // What cannot be opened, or is no Btrfs, is not it.
        }
    }

    private void Fill()
    {
        using var reader = new TreeReader(_fileSystem, TreeReader.ForScans, BtrfsRequests.RootTree);
        reader.Seek(new TreeKey(BtrfsRequests.TopLevel, TreeKey.RootItem, 0), new TreeKey(BtrfsRequests.LastFree, TreeKey.RootBackReference, ulong.MaxValue));
        while (reader.MoveNext(out TreeItem item))
        {
            TreeKey key = item.Key;
            if (key.ObjectId is not (BtrfsRequests.TopLevel or >= BtrfsRequests.FirstFree) || key.ObjectId > BtrfsRequests.LastFree)
            {
                continue;
            }

            if (key.Type == TreeKey.RootItem && SubvolumeDetails.FromRootItem(key.ObjectId, item.Data) is { } found)
            {
                ById[key.ObjectId] = found;
            }
            else if (key.Type == TreeKey.RootBackReference && ById.TryGetValue(key.ObjectId, out SubvolumeDetails? known))
            {
                ById[key.ObjectId] = known.Named(key.Offset, item.Data);
            }
        }
    }

    private byte[]? FindPath(SubvolumeDetails subvolume)
    {
        if (subvolume.ParentId == 0 || !ById.TryGetValue(subvolume.ParentId, out SubvolumeDetails? parent) || TopLevelPath(parent) is not { } above)
        {
            return null;
        }

        if (!_directories.TryGetValue(subvolume.ParentId, out Dictionary<ulong, byte[]>? directories))
        {
            _directories[subvolume.ParentId] = directories = [];
        }

        if (!directories.TryGetValue(subvolume.DirectoryId, out byte[]? directory))
        {
            try
            {
                directory = BtrfsControl.DirectoryPath(_fileSystem, subvolume.ParentId, subvolume.DirectoryId);
            }
            catch (PosixException e) when (e.Errno == Errno.ENOENT)
            {
                return null; // It was deleted meanwhile.
            }

            directories[subvolume.DirectoryId] = directory;
        }

        byte[] slash = above.Length == 1 ? [] : [(byte)'/'];
        return [.. above.Span, .. slash, .. directory, .. subvolume.Name];
    }

    private bool IsHere(MountTable.Mount mount)
    {
        try
        {
            using DirectoryHandle point = DirectoryHandle.Open(mount.Point.Span);
            return BtrfsControl.IsBtrfs(point) && BtrfsControl.FileSystemId(point) == FileSystem;
        }
        catch (PosixException)
        {
            return false; // Another mount hides it, or it was unmounted meanwhile.
        }
    }
}
