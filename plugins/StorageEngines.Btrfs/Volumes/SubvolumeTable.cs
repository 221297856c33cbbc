using System.Runtime.InteropServices;
using System.Text;
using StorageEngines.Btrfs.Native;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Volumes;

/// <summary>All subvolumes of a file system as they were at one moment, and where they are. Not thread-safe. Needs CAP_SYS_ADMIN.</summary>
internal sealed class SubvolumeTable
{
    private readonly SafeHandle _fileSystem;
    private readonly Guid _fileSystemId;
    private readonly Dictionary<ulong, SubvolumeDetails> _byId = [];
    private readonly Dictionary<ulong, BytePath?> _paths = [];
    private readonly Dictionary<(ulong Subvolume, ulong Inode), byte[]> _directories = [];
    private List<MountTable.Mount>? _mounts;

    private SubvolumeTable(SafeHandle fileSystem, Guid fileSystemId) => (_fileSystem, _fileSystemId) = (fileSystem, fileSystemId);

    /// <summary>All of them, in the order of their ids.</summary>
    internal IReadOnlyCollection<SubvolumeDetails> All => _byId.Values;

    /// <summary>Reads the table.</summary>
    /// <param name="fileSystem">Anything open on the file system; stays the caller's, and open as long as the table is used.</param>
    /// <exception cref="PosixException">EPERM: CAP_SYS_ADMIN is missing.</exception>
    internal static SubvolumeTable Read(SafeHandle fileSystem)
    {
        var table = new SubvolumeTable(fileSystem, BtrfsControl.FileSystemId(fileSystem));
        table.Fill();
        return table;
    }

    /// <summary>Finds a subvolume by its uuid.</summary>
    internal SubvolumeDetails? Find(Guid uuid) => _byId.Values.FirstOrDefault(each => each.Uuid == uuid);

    /// <summary>The path from the top level, beginning with <c>/</c>; null if it cannot be told because the subvolume is being deleted.</summary>
    internal BytePath? TopLevelPath(SubvolumeDetails subvolume)
    {
        if (subvolume.Id == BtrfsRequests.TopLevel)
        {
            return new BytePath("/"u8.ToArray());
        }

        if (!_paths.TryGetValue(subvolume.Id, out BytePath? path))
        {
            _paths[subvolume.Id] = null; // Ends the search if references ever bite their own tail.
            _paths[subvolume.Id] = path = FindPath(subvolume);
        }

        return path;
    }

    /// <summary>Where the subvolume can be reached now; null if no mount shows it.</summary>
    internal BytePath? VisiblePath(SubvolumeDetails subvolume)
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

    /// <summary>Says whether a path leads to a subvolume. Something else may be mounted over it.</summary>
    internal static bool IsAt(BytePath path, Guid uuid)
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
        using var search = new TreeSearch(
            _fileSystem, BtrfsRequests.RootTree, new TreeKey(BtrfsRequests.TopLevel, TreeKey.RootItem, 0),
            new TreeKey(BtrfsRequests.LastFree, TreeKey.RootBackReference, ulong.MaxValue));
        while (search.MoveNext())
        {
            TreeKey key = search.Key;
            if (key.ObjectId is not (BtrfsRequests.TopLevel or >= BtrfsRequests.FirstFree) || key.ObjectId > BtrfsRequests.LastFree)
            {
                continue;
            }

            if (key.Type == TreeKey.RootItem && SubvolumeDetails.FromRootItem(key.ObjectId, search.Data) is { } found)
            {
                _byId[key.ObjectId] = found;
            }
            else if (key.Type == TreeKey.RootBackReference && _byId.TryGetValue(key.ObjectId, out SubvolumeDetails? known))
            {
                _byId[key.ObjectId] = known.Named(key.Offset, search.Data);
            }
        }
    }

    private BytePath? FindPath(SubvolumeDetails subvolume)
    {
        if (subvolume.ParentId == 0 || !_byId.TryGetValue(subvolume.ParentId, out SubvolumeDetails? parent) || TopLevelPath(parent) is not { } above)
        {
            return null;
        }

        if (!_directories.TryGetValue((subvolume.ParentId, subvolume.DirectoryId), out byte[]? directory))
        {
            try
            {
                directory = BtrfsControl.DirectoryPath(_fileSystem, subvolume.ParentId, subvolume.DirectoryId);
            }
            catch (PosixException e) when (e.Errno == Errno.ENOENT)
            {
                return null; // It was deleted meanwhile.
            }

            _directories[(subvolume.ParentId, subvolume.DirectoryId)] = directory;
        }

        byte[] slash = above.Length == 1 ? [] : [(byte)'/'];
        return new BytePath((byte[])[.. above.Span, .. slash, .. directory, .. subvolume.Name]);
    }

    private bool IsHere(MountTable.Mount mount)
    {
        try
        {
            using DirectoryHandle point = DirectoryHandle.Open(mount.Point.Span);
            return BtrfsControl.IsBtrfs(point) && BtrfsControl.FileSystemId(point) == _fileSystemId;
        }
        catch (PosixException)
        {
            return false; // Another mount hides it, or it was unmounted meanwhile.
        }
    }

    /// <summary>The uuid as ids have it.</summary>
    internal static string Text(Guid uuid) => uuid.ToString("D");

    /// <summary>Reads what <see cref="Text"/> wrote.</summary>
    internal static bool TryParse(ReadOnlySpan<byte> text, out Guid uuid) => Guid.TryParseExact(Encoding.ASCII.GetString(text), "D", out uuid);
}
