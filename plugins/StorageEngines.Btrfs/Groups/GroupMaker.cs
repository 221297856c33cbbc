using System.Text;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Snapshots;
using StorageEngines.Btrfs.Volumes;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs.Groups;

/// <summary>
/// Cuts several subvolumes at one instant. The file system has no call for it; but snapshots are cut when a transaction is committed, and those that are asked for
/// before the same commit see one instant. So a commit is begun, all are asked for at once from threads of their own, each into a directory of its own (the call
/// holds the directory until the commit), and the group counts only if all say the same transaction. Else all are deleted and it is tried again.
/// The instant is that of a loss of power: the order of writes is kept where the writer made them durable (fsync, O_DSYNC) one after the other; of what was in the page
/// cache while the calls ran, each volume may have more or less.
/// </summary>
internal sealed class GroupMaker : IDisposable
{
    private const int MostTries = 64; // some milliseconds each; on a machine whose processors are all busy most tries fail
    private const uint HomeMode = 0x1C0; // rwx for the owner
    private static readonly byte[] Half = [.. SnapshotStore.Unfinished, .. SnapshotCatalog.DataName];

    private readonly IReadOnlyList<VolumePlace> _places;
    private readonly List<SnapshotStore> _stores = [];
    private readonly SnapshotFile _noted;
    private readonly byte[] _name;

    /// <summary>Locks the members' snapshot directories.</summary>
    /// <param name="places">The members, all on one file system, in an order that is the same for every caller.</param>
    /// <param name="noted">What to note of each.</param>
    /// <param name="open">Opens a member's snapshot directory.</param>
    internal GroupMaker(IReadOnlyList<VolumePlace> places, SnapshotFile noted, Func<VolumePlace, SnapshotStore> open)
    {
        _places = places;
        _noted = noted;
        _name = Encoding.ASCII.GetBytes(noted.Name);
        try
        {
            foreach (VolumePlace place in places)
            {
                _stores.Add(open(place));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The members that are there under the name already.</summary>
    internal List<SnapshotEntry> Existing()
        => [.. _places.Select((place, i) => SnapshotCatalog.TryRead(place.Key, VolumeLookup.Below(_stores[i].Path, _name))).OfType<SnapshotEntry>()];

    /// <summary>Cuts the group.</summary>
    /// <exception cref="StorageEngineException">GroupNotConsistent: it could not be had at one instant; nothing remains.</exception>
    internal void Make(CancellationToken cancellationToken)
    {
        try
        {
            MakeHomes();
            for (int tries = 0; tries < MostTries; tries++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (TryOnce())
                {
                    Publish();
                    return;
                }

                RemoveHalves();
                // What is written back now need not be written back by each of the next calls, which then join their transaction sooner.
                BtrfsControl.Sync(_stores[0].Root.Root);
            }

            throw new StorageEngineException(EngineStatus.Aborted, EngineReason.GroupNotConsistent, Recovery.RetryAfterBackoff,
                $"The {_places.Count} volumes could not be cut in one transaction in {MostTries} tries; nothing is left. Try again when less is written, or with fewer volumes.")
            { Engine = BtrfsEngineFactory.SchemeName, Operation = "create group" };
        }
        catch
        {
            Undo();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SnapshotStore store in _stores)
        {
            store.Dispose();
        }

        _stores.Clear();
    }

    private void MakeHomes()
    {
        foreach (SnapshotStore store in _stores)
        {
            SnapshotMaker.MakeHome(store, _name);
            using DirectoryHandle home = store.Root.OpenDirectory(_name);
            _noted.Write(home);
        }
    }

    private bool TryOnce()
    {
        var homes = new List<DirectoryHandle>();
        var sources = new List<DirectoryHandle>();
        try
        {
            for (int i = 0; i < _places.Count; i++)
            {
                homes.Add(_stores[i].Root.OpenDirectory(_name));
                sources.Add(SnapshotMaker.OpenSame(_places[i]));
            }

            // Where nothing was changed since the last commit there is none to begin, and each call would get a transaction of its own.
            _stores[0].Root.SetMode(_name, HomeMode);
            CutAll(sources, homes);
            ulong[] transactions = [.. homes.Select(Transaction)];
            return transactions.All(each => each == transactions[0]);
        }
        finally
        {
            foreach (DirectoryHandle each in homes.Concat(sources))
            {
                each.Dispose();
            }
        }
    }

    private static void CutAll(List<DirectoryHandle> sources, List<DirectoryHandle> homes)
    {
        var failures = new PosixException?[sources.Count];
        using var start = new Barrier(sources.Count + 1);
        Thread[] threads = [.. sources.Select((source, i) => new Thread(() =>
        {
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

    private void Publish()
    {
        foreach (SnapshotStore store in _stores)
        {
            store.Root.Rename([.. _name, (byte)'/', .. Half], [.. _name, (byte)'/', .. SnapshotCatalog.DataName]);
        }

        // The names are durable with the next commit.
        BtrfsControl.Sync(_stores[0].Root.Root);
    }

    private void Undo()
    {
        RemoveHalves();
        foreach (SnapshotStore store in _stores)
        {
            store.RemoveHome(_name);
        }
    }

    private void RemoveHalves()
    {
        foreach (SnapshotStore store in _stores.Where(each => each.Root.TryGetStatus(_name, out _)))
        {
            using DirectoryHandle home = store.Root.OpenDirectory(_name);
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
