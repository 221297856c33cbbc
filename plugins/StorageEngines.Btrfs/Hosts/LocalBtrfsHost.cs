using StorageEngines.Btrfs.Differences;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Reading;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>This machine, by system calls.</summary>
internal sealed class LocalBtrfsHost : IBtrfsHost
{
    private const int ListingBuffer = 32 << 10;

    /// <inheritdoc/>
    public bool IsLocal => true;

    /// <inheritdoc/>
    public HostFacts Probe(CancellationToken cancellationToken)
        => new($"Linux {Environment.OSVersion.Version}", SendSupport.Version, MountTable.Read().Count, Environment.IsPrivilegedProcess);

    /// <inheritdoc/>
    public IReadOnlyList<BytePath> Mounts(CancellationToken cancellationToken) => [.. MountTable.Read().Select(mount => mount.Point)];

    /// <inheritdoc/>
    public IReadOnlyList<PathFacts> Look(BytePath[] paths, BytePath? snapshotRoot, CancellationToken cancellationToken)
    {
        var facts = new List<PathFacts>(paths.Length);
        foreach (BytePath path in paths)
        {
            cancellationToken.ThrowIfCancellationRequested();
            facts.Add(Look(path, snapshotRoot));
        }

        return facts;
    }

    /// <inheritdoc/>
    public SubvolumeTable? TryReadTable(BytePath at, Guid? only, CancellationToken cancellationToken)
    {
        DirectoryHandle? directory = null;
        try
        {
            directory = DirectoryHandle.Open(at.Span);
            if (BtrfsControl.IsBtrfs(directory) && (only is null || BtrfsControl.FileSystemId(directory) == only))
            {
                SubvolumeTable table = LocalSubvolumeTable.Read(directory);
                directory = null;
                return table;
            }

            return null;
        }
        catch (PosixException)
        {
            return null; // It went away, or may not be looked at: without CAP_SYS_ADMIN only the known places are, which the probe tells.
        }
        finally
        {
            directory?.Dispose();
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<HomeFacts> ReadHomes(BytePath[] homes, SubvolumeTable? table, CancellationToken cancellationToken)
    {
        var facts = new List<HomeFacts>(homes.Length);
        foreach (BytePath home in homes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            facts.Add(ReadHome(home));
        }

        return facts;
    }

    /// <inheritdoc/>
    public IReadOnlyList<SnapshotEntry> Complete(IReadOnlyList<SnapshotEntry> snapshots, CancellationToken cancellationToken) => snapshots;

    /// <inheritdoc/>
    public byte[]? TryReadVolumeFile(BytePath snapshotDirectory, CancellationToken cancellationToken)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(snapshotDirectory.Span);
        return SmallFile.TryRead(directory, VolumeFile.FileName, VolumeFile.MaximumBytes);
    }

    /// <inheritdoc/>
    public IReadOnlyList<byte[]> Directories(BytePath path, CancellationToken cancellationToken)
    {
        var names = new List<byte[]>();
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(path.Span);
            foreach (DirectoryEntry entry in directory.Entries(new byte[ListingBuffer]))
            {
                if (entry.Type == FileType.Directory)
                {
                    names.Add(entry.Name.ToArray());
                }
            }
        }
        catch (PosixException e) when (e.Errno == Errno.ENOENT)
        {
            return names; // No snapshots yet.
        }

        return names;
    }

    /// <inheritdoc/>
    public IBtrfsChange Begin(IReadOnlyList<VolumePlace> places, CancellationToken cancellationToken) => LocalChange.Begin(this, places);

    /// <inheritdoc/>
    public IBtrfsChange Begin(BytePath snapshotDirectory, CancellationToken cancellationToken) => new LocalChange(this, [SnapshotStore.OpenLocked(snapshotDirectory)]);

    /// <inheritdoc/>
    public void Clone(SnapshotEntry snapshot, BytePath location, CancellationToken cancellationToken)
    {
        using DirectoryHandle source = DirectoryHandle.Open(snapshot.Path.Span);
        using DirectoryHandle parent = DirectoryHandle.Open(location.Parent.IsRoot ? "/"u8 : location.Parent.Span);
        cancellationToken.ThrowIfCancellationRequested();
        if (!BtrfsControl.IsBtrfs(parent))
        {
            throw new PosixException(Errno.EXDEV, "clone", location.Span); // The call's own error would be taken for one of the volume.
        }

        BtrfsControl.CreateSnapshot(source, parent, location.Name.Span, readOnly: false);
    }

    /// <inheritdoc/>
    public void Destroy(SnapshotEntry snapshot, CancellationToken cancellationToken)
    {
        try
        {
            using BeneathRoot parent = BeneathRoot.Open(snapshot.Path.Parent.Span);
            OwnedSubvolume.Destroy(parent, snapshot.Path.Name.Span.ToArray());
        }
        catch (PosixException e) when (e.Errno == Errno.ENOENT)
        {
            // It is gone, which is what was asked for.
        }
        catch (PosixException e) when (e.Errno == Errno.EBUSY || (e.Errno == Errno.EPERM && Environment.IsPrivilegedProcess))
        {
            throw BtrfsErrors.Busy(snapshot, e);
        }
    }

    /// <inheritdoc/>
    public string? WarnOfOpenFiles(VolumePlace place) => OpenFiles.Warning(place.Location);

    /// <inheritdoc/>
    public SnapshotPair Compare(SnapshotEntry from, SnapshotEntry to, SnapshotRef asked, CancellationToken cancellationToken) => new LocalPair(from, to, asked);

    /// <inheritdoc/>
    public IFileData OpenData(SnapshotEntry snapshot, BytePath path, SnapshotRef asked, CancellationToken cancellationToken) => LocalFileData.Open(snapshot, path, asked);

    /// <inheritdoc/>
    public ISendSource OpenSource(SnapshotEntry? from, SnapshotEntry to, SnapshotRef asked, CancellationToken cancellationToken) => new LocalSendSource(from, to, asked);

    /// <inheritdoc/>
    public SubvolumeDetails? Precise(SubvolumeDetails snapshot, BytePath path, CancellationToken cancellationToken) => snapshot;

    /// <inheritdoc/>
    public SubvolumeDetails WrittenBack(VolumePlace place, CancellationToken cancellationToken)
    {
        using DirectoryHandle live = LocalChange.OpenSame(place);
        BtrfsControl.Sync(live);
        return BtrfsControl.Details(live);
    }

    /// <inheritdoc/>
    public bool IsEmpty(VolumePlace place)
    {
        using DirectoryHandle live = LocalChange.OpenSame(place);
        foreach (DirectoryEntry entry in live.Entries(new byte[ListingBuffer]))
        {
            if (!entry.Name.SequenceEqual(VolumeLookup.DefaultRoot))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public ITreeReader TreeReader(SnapshotCatalog catalog) => new BtrfsTreeReader(new SnapshotView(catalog));

    /// <inheritdoc/>
    public ISnapshotReader SnapshotReader(SnapshotCatalog catalog) => new BtrfsSnapshotReader(new SnapshotView(catalog));

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static PathFacts Look(BytePath path, BytePath? snapshotRoot)
    {
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(path.Span);
            var facts = new PathFacts(path) { IsBtrfs = BtrfsControl.IsBtrfs(directory), FileSystemName = Statfs.Get(directory).Name };
            if (!BtrfsControl.IsSubvolume(directory))
            {
                return facts;
            }

            Guid fileSystem = BtrfsControl.FileSystemId(directory);
            BytePath root = snapshotRoot ?? DefaultSnapshotRoot(path, fileSystem);
            return facts with
            {
                IsMountRoot = FileStatus.Get(directory).IsMountRoot,
                FileSystem = fileSystem,
                Subvolume = BtrfsControl.Details(directory),
                SnapshotRoot = root,
                VolumeFiles = VolumeFiles(root),
            };
        }
        catch (PosixException e)
        {
            // A volume that was moved away is still known to its snapshots, which stay where they were.
            BytePath root = snapshotRoot ?? VolumeLookup.Below(path.Parent.IsRoot ? new BytePath("/"u8.ToArray()) : path.Parent, VolumeLookup.DefaultRoot);
            List<PathFacts.Note> files = VolumeFiles(root);
            return e.Errno == Errno.ENOENT && HalfRollback.TryMend(path, files, root) ? Look(path, snapshotRoot) : new PathFacts(path) { Error = e, SnapshotRoot = root, VolumeFiles = files };
        }
    }

    private static BytePath DefaultSnapshotRoot(BytePath location, Guid fileSystem)
    {
        BytePath parent = location.Parent.IsRoot ? new BytePath("/"u8.ToArray()) : location.Parent;
        return VolumeLookup.Below(location.Length > 1 && IsOn(parent, fileSystem) ? parent : location, VolumeLookup.DefaultRoot);
    }

    private static bool IsOn(BytePath path, Guid fileSystem)
    {
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(path.Span);
            return BtrfsControl.IsBtrfs(directory) && BtrfsControl.FileSystemId(directory) == fileSystem;
        }
        catch (PosixException)
        {
            return false; // It may not be looked at.
        }
    }

    private static List<PathFacts.Note> VolumeFiles(BytePath root)
    {
        var files = new List<PathFacts.Note>();
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(root.Span);
            var names = new List<byte[]>();
            foreach (DirectoryEntry entry in directory.Entries(new byte[ListingBuffer]))
            {
                names.Add(entry.Name.ToArray());
            }

            foreach (byte[] name in names)
            {
                if (SubvolumeTable.TryParse(name, out Guid origin) && ReadVolumeFile(directory, name) is { } content)
                {
                    files.Add(new(origin, content));
                }
            }
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR or Errno.EACCES)
        {
            // No snapshots yet, or none that this user may see.
        }

        return files;
    }

    private static byte[]? ReadVolumeFile(DirectoryHandle root, byte[] name)
    {
        using DirectoryHandle directory = root.OpenChild(name);
        return SmallFile.TryRead(directory, VolumeFile.FileName, VolumeFile.MaximumBytes);
    }

    private static HomeFacts ReadHome(BytePath home)
    {
        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(home.Span);
            using DirectoryHandle subvolume = directory.OpenChild(SnapshotCatalog.DataName);
            return BtrfsControl.IsSubvolume(subvolume)
                ? new HomeFacts(home, BtrfsControl.Details(subvolume), SmallFile.TryRead(directory, SnapshotFile.FileName, SnapshotFile.MaximumBytes))
                : new HomeFacts(home, null, null);
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            return new HomeFacts(home, null, null);
        }
    }
}
