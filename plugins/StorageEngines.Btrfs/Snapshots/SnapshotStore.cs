using Microsoft.Win32.SafeHandles;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Snapshots;

/// <summary>
/// A volume's snapshot directory, open for changes and locked against other writers. Every snapshot has a directory of its own with the read-only subvolume
/// <c>data</c> and the file <c>info.json</c>; the snapshot is there once <c>data</c> is, which one ioctl makes durable.
/// </summary>
internal sealed class SnapshotStore : IDisposable
{
    /// <summary>Begins the names of what is not whole yet.</summary>
    internal static readonly byte[] Unfinished = ".seng-tmp-"u8.ToArray();

    private const uint Private = 0x1C0; // rwx for the owner alone: what a snapshot holds may have been behind a closed directory

    private const int ListingBuffer = 4096;

    private readonly SafeFileHandle _lockFile;
    private readonly FileLock _lock;

    private SnapshotStore(BeneathRoot root, BytePath path, SafeFileHandle lockFile, FileLock held)
    {
        Root = root;
        Path = path;
        _lockFile = lockFile;
        _lock = held;
    }

    /// <summary>The directory, for changes beneath it.</summary>
    internal BeneathRoot Root { get; }

    /// <summary>Where it is.</summary>
    internal BytePath Path { get; }

    /// <summary>Says whether a name is of what is not whole, or was left by a kill: neither a volume nor a snapshot.</summary>
    internal static bool IsUnfinished(ReadOnlySpan<byte> name) => name.StartsWith(Unfinished);

    /// <summary>Opens it; makes it if it is not there.</summary>
    /// <exception cref="StorageEngineException">Locked: another process changes the volume's snapshots.</exception>
    /// <exception cref="PosixException">It cannot be made or opened.</exception>
    internal static SnapshotStore Open(VolumePlace place)
    {
        BytePath path = place.SnapshotDirectory;
        MakeRoot(path.Parent);
        using (BeneathRoot parent = BeneathRoot.Open(path.Parent.Span))
        {
            RequireSameFileSystem(parent.Root, place, path);
            try
            {
                parent.MakeDirectory(path.Name.Span, Private);
            }
            catch (PosixException e) when (e.Errno == Errno.EEXIST)
            {
                // It is there already.
            }
        }

        return OpenLocked(path);
    }

    /// <summary>Opens it if it is there.</summary>
    /// <param name="path">The snapshot directory.</param>
    internal static SnapshotStore OpenLocked(BytePath path)
    {
        BeneathRoot root = BeneathRoot.Open(path.Span);
        SafeFileHandle? file = null;
        try
        {
            file = root.TryGetStatus(".lock"u8, out _) ? root.OpenFileForWrite(".lock"u8) : MakeLock(root);
            FileLock held = FileLock.TryAcquire(file, exclusive: true) ?? throw new StorageEngineException(
                EngineStatus.Aborted, EngineReason.Locked, Recovery.RetryAfterBackoff, $"Another process is changing the snapshots in '{path}'; try again when it is done.")
            { Engine = BtrfsEngineFactory.SchemeName };
            return new SnapshotStore(root, path, file, held);
        }
        catch
        {
            file?.Dispose();
            root.Dispose();
            throw;
        }
    }

    /// <summary>Removes what is left of snapshots that were begun or deleted halfway: directories without <c>data</c>, and half-received ones.</summary>
    /// <param name="names">The names of the directories in it.</param>
    internal void Sweep(IReadOnlyList<byte[]> names)
    {
        RemoveUnfinished(Root);
        foreach (byte[] name in names.Where(each => !IsUnfinished(each)))
        {
            using BeneathRoot home = BeneathRoot.Open(VolumeLookup.Below(Path, name).Span);
            RemoveUnfinished(home);
            if (!home.TryGetStatus(SnapshotCatalog.DataName, out _))
            {
                RemoveHome(name);
            }
        }
    }

    /// <summary>Removes a snapshot's directory and what was noted of it, after its <c>data</c> is gone.</summary>
    internal void RemoveHome(byte[] name)
    {
        if (!Root.TryGetStatus(name, out _))
        {
            return;
        }

        using (BeneathRoot home = BeneathRoot.Open(VolumeLookup.Below(Path, name).Span))
        {
            RemoveUnfinished(home);
        }

        Root.Unlink([.. name, (byte)'/', .. SnapshotFile.FileName]);
        Root.RemoveDirectory(name);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lock.Dispose();
        _lockFile.Dispose();
        Root.Dispose();
    }

    // Half-made subvolumes, and what a kill left of a file that was being written.
    private static void RemoveUnfinished(BeneathRoot directory)
    {
        var left = new List<(byte[] Name, bool IsDirectory)>();
        foreach (DirectoryEntry entry in directory.Root.Entries(new byte[ListingBuffer]))
        {
            if (entry.Name.StartsWith(Unfinished))
            {
                left.Add((entry.Name.ToArray(), entry.Type == FileType.Directory));
            }
        }

        foreach ((byte[] name, bool isDirectory) in left)
        {
            if (isDirectory)
            {
                OwnedSubvolume.Destroy(directory, name);
            }
            else
            {
                directory.Unlink(name);
            }
        }
    }

    private static SafeFileHandle MakeLock(BeneathRoot root)
    {
        try
        {
            return root.CreateFile(".lock"u8);
        }
        catch (PosixException e) when (e.Errno == Errno.EEXIST)
        {
            return root.OpenFileForWrite(".lock"u8);
        }
    }

    // A subvolume of its own, so that snapshots of what is around it do not have the names in it.
    private static void MakeRoot(BytePath root)
    {
        try
        {
            using DirectoryHandle there = DirectoryHandle.Open(root.Span);
            return;
        }
        catch (PosixException e) when (e.Errno == Errno.ENOENT)
        {
            // It is made now.
        }

        using BeneathRoot parent = BeneathRoot.Open(root.Parent.IsRoot ? "/"u8 : root.Parent.Span);
        try
        {
            BtrfsControl.CreateSubvolume(parent.Root, root.Name.Span);
            parent.SetMode(root.Name.Span, Private);
        }
        catch (PosixException e) when (e.Errno == Errno.EEXIST)
        {
            // Another process made it meanwhile.
        }
    }

    private static void RequireSameFileSystem(DirectoryHandle directory, VolumePlace place, BytePath path)
    {
        if (!BtrfsControl.IsBtrfs(directory) || BtrfsControl.FileSystemId(directory) != place.Key.FileSystem)
        {
            throw BtrfsErrors.NotSupported(
                EngineStatus.InvalidArgument,
                $"Snapshots of '{place.Location}' cannot be kept in '{path.Parent}', which is on another file system; set '{BtrfsEngineFactory.SnapshotsSetting}' to a directory on the volume's own Btrfs.");
        }
    }
}
