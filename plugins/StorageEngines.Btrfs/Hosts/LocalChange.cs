using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Hosts;

/// <summary>Changes on this machine, by system calls.</summary>
/// <param name="host">This machine.</param>
/// <param name="stores">The snapshot directories; they become the change's.</param>
internal sealed class LocalChange(LocalBtrfsHost host, IReadOnlyList<SnapshotStore> stores) : IBtrfsChange
{
    private const uint HomeMode = 0x1C0; // rwx for the owner
    private static readonly byte[] Half = [.. SnapshotStore.Unfinished, .. SnapshotCatalog.DataName];

    /// <inheritdoc/>
    public IReadOnlyList<BytePath> Directories => [.. stores.Select(store => store.Path)];

    /// <summary>Opens the directories of volumes; makes those that are not there.</summary>
    internal static LocalChange Begin(LocalBtrfsHost host, IReadOnlyList<VolumePlace> places)
    {
        var stores = new List<SnapshotStore>();
        try
        {
            foreach (VolumePlace place in places)
            {
                stores.Add(SnapshotStore.Open(place));
            }

            return new LocalChange(host, stores);
        }
        catch
        {
            stores.ForEach(store => store.Dispose());
            throw;
        }
    }

    /// <inheritdoc/>
    public void Sweep()
    {
        foreach (SnapshotStore store in stores)
        {
            store.Sweep(host.Directories(store.Path, CancellationToken.None));
        }
    }

    /// <inheritdoc/>
    public void Cut(VolumePlace place, byte[] name, byte[] info, CancellationToken cancellationToken)
    {
        SnapshotStore store = stores[0];
        cancellationToken.ThrowIfCancellationRequested();
        MakeHome(store, name);
        try
        {
            using DirectoryHandle directory = store.Root.OpenDirectory(name);
            AtomicFile.Write(directory, SnapshotFile.FileName, info);
            cancellationToken.ThrowIfCancellationRequested();
            using DirectoryHandle source = OpenSame(place);
            BtrfsControl.CreateSnapshot(source, directory, SnapshotCatalog.DataName, readOnly: true);
        }
        catch
        {
            store.RemoveHome(name);
            throw;
        }
    }

    /// <inheritdoc/>
    public SubvolumeDetails Freeze(VolumePlace place, BytePath path)
    {
        using (DirectoryHandle source = OpenSame(place))
        {
            BtrfsControl.CreateSnapshot(source, stores[0].Root.Root, path.Name.Span, readOnly: true);
        }

        using DirectoryHandle made = stores[0].Root.OpenDirectory(path.Name.Span);
        return BtrfsControl.Details(made);
    }

    /// <inheritdoc/>
    public void Remove(SnapshotEntry snapshot)
    {
        host.Destroy(snapshot, CancellationToken.None);
        stores[0].RemoveHome(snapshot.Path.Parent.Name.Span.ToArray());
    }

    /// <inheritdoc/>
    public void WriteInfo(BytePath home, byte[] info)
    {
        using DirectoryHandle directory = stores[0].Root.OpenDirectory(home.Name.Span);
        AtomicFile.Write(directory, SnapshotFile.FileName, info);
    }

    /// <inheritdoc/>
    public void WriteVolumeFile(byte[] content) => AtomicFile.Write(stores[0].Root.Root, VolumeFile.FileName, content);

    /// <inheritdoc/>
    public Guid MakeWritable(SnapshotEntry snapshot, BytePath path)
    {
        using BeneathRoot parent = OpenParent(path);
        using (DirectoryHandle source = DirectoryHandle.Open(snapshot.Path.Span))
        {
            BtrfsControl.CreateSnapshot(source, parent.Root, path.Name.Span, readOnly: false);
        }

        using DirectoryHandle made = parent.OpenDirectory(path.Name.Span);
        return BtrfsControl.Details(made).Uuid;
    }

    /// <inheritdoc/>
    public void Exchange(BytePath fresh, BytePath live)
    {
        using BeneathRoot parent = OpenParent(live);
        parent.Rename(fresh.Name.Span, live.Name.Span, RenameMode.Exchange);
    }

    /// <inheritdoc/>
    public void Destroy(BytePath path, Guid uuid)
    {
        using BeneathRoot parent = OpenParent(path);
        using (DirectoryHandle subvolume = parent.OpenDirectory(path.Name.Span))
        {
            if (!BtrfsControl.IsSubvolume(subvolume) || BtrfsControl.Details(subvolume).Uuid != uuid)
            {
                throw new PosixException(Errno.ENOENT, "find subvolume", path.Span);
            }
        }

        BtrfsControl.DestroySubvolume(parent.Root, path.Name.Span);
        BtrfsControl.Sync(parent.Root); // Otherwise a loss of power would bring it back.
    }

    /// <inheritdoc/>
    public void Receive(ReceiveRequest request, CancellationToken cancellationToken)
    {
        using DirectoryHandle home = stores[0].Root.OpenDirectory(request.Name);
        new LocalReceive(request, cancellationToken).Run(home, Half);
    }

    /// <inheritdoc/>
    public void MakeHomes(byte[] name, byte[] info)
    {
        foreach (SnapshotStore store in stores)
        {
            MakeHome(store, name);
            using DirectoryHandle home = store.Root.OpenDirectory(name);
            AtomicFile.Write(home, SnapshotFile.FileName, info);
        }
    }

    /// <inheritdoc/>
    public IReadOnlyList<ulong> CutTogether(IReadOnlyList<VolumePlace> places, byte[] name)
    {
        var homes = new List<DirectoryHandle>();
        var sources = new List<DirectoryHandle>();
        try
        {
            for (int i = 0; i < places.Count; i++)
            {
                homes.Add(stores[i].Root.OpenDirectory(name));
                sources.Add(OpenSame(places[i]));
            }

            // Where nothing was changed since the last commit there is none to begin, and each call would get a transaction of its own.
            stores[0].Root.SetMode(name, HomeMode);
            CutAll(sources, homes);
            return [.. homes.Select(Transaction)];
        }
        finally
        {
            foreach (DirectoryHandle each in homes.Concat(sources))
            {
                each.Dispose();
            }
        }
    }

    /// <inheritdoc/>
    public void DropHalves(byte[] name)
    {
        RemoveHalves(name);
        // What is written back now need not be written back by each of the next calls, which then join their transaction sooner.
        BtrfsControl.Sync(stores[0].Root.Root);
    }

    /// <inheritdoc/>
    public void Publish(byte[] name)
    {
        foreach (SnapshotStore store in stores)
        {
            store.Root.Rename([.. name, (byte)'/', .. Half], [.. name, (byte)'/', .. SnapshotCatalog.DataName]);
        }

        // The names are durable with the next commit.
        BtrfsControl.Sync(stores[0].Root.Root);
    }

    /// <inheritdoc/>
    public void Undo(byte[] name)
    {
        RemoveHalves(name);
        foreach (SnapshotStore store in stores)
        {
            store.RemoveHome(name);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stores.ToList().ForEach(store => store.Dispose());
    }

    /// <summary>Opens a volume's subvolume, and makes sure that it is the one that was found.</summary>
    internal static DirectoryHandle OpenSame(VolumePlace place)
    {
        DirectoryHandle directory = DirectoryHandle.Open(place.Location.Span);
        if (BtrfsControl.Details(directory).Uuid == place.Current.Uuid)
        {
            return directory;
        }

        directory.Dispose();
        throw BtrfsErrors.Replaced(place);
    }

    private static BeneathRoot OpenParent(BytePath path) => BeneathRoot.Open(path.Parent.IsRoot ? "/"u8 : path.Parent.Span);

    private static void MakeHome(SnapshotStore store, byte[] name)
    {
        try
        {
            store.Root.MakeDirectory(name);
        }
        catch (PosixException e) when (e.Errno == Errno.EEXIST)
        {
            store.RemoveHome(name); // What a crash left of one that never was.
            store.Root.MakeDirectory(name);
        }
    }

    private static void CutAll(List<DirectoryHandle> sources, List<DirectoryHandle> homes)
    {
        var failures = new PosixException?[sources.Count];
        using var start = new Barrier(sources.Count + 1);
        Thread[] threads = [.. sources.Select((source, i) => new Thread(() =>
        {
            UrgentThread.Hurry(); // One that waits for a processor comes too late for the transaction.
            start.SignalAndWait();
            try
            {
                BtrfsControl.CreateSnapshot(source, homes[i], Half, readOnly: true);
            }
            catch (PosixException e)
            {
                failures[i] = e;
            }
        }) { IsBackground = true, Name = "btrfs group" })];
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        _ = BtrfsControl.StartSync(sources[0]);
        start.SignalAndWait();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        if (failures.FirstOrDefault(each => each is not null) is { } failure)
        {
            throw failure;
        }
    }

    private static ulong Transaction(DirectoryHandle home)
    {
        using DirectoryHandle data = home.OpenChild(Half);
        return BtrfsControl.Details(data).OriginTransaction;
    }

    private void RemoveHalves(byte[] name)
    {
        foreach (SnapshotStore store in stores.Where(each => each.Root.TryGetStatus(name, out _)))
        {
            using DirectoryHandle home = store.Root.OpenDirectory(name);
            foreach (byte[] data in new[] { Half, SnapshotCatalog.DataName.ToArray() })
            {
                if (FileStatus.TryGetAt(home, data, out _))
                {
                    BtrfsControl.DestroySubvolume(home, data);
                }
            }
        }
    }
}
