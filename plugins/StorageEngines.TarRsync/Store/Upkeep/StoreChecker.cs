using StorageEngines.TarRsync.Store.Indexing;

namespace StorageEngines.TarRsync.Store.Upkeep;

/// <summary>Checks all of a store: records, packs, manifests, and that they belong together. What the index on disk says is not believed here.</summary>
internal sealed class StoreChecker(StoreSession session, StoreCheckOptions options, string engine)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, SnapshotRef> _hurt = [];
    private readonly List<(string VolumeId, string Id)> _broken = [];
    private readonly List<string> _notes = [];
    private long _damages;
    private long _snapshots;

    /// <summary>Checks, and moves aside what is broken if that is asked for.</summary>
    internal StoreCheckReport Run(CancellationToken cancellationToken)
    {
        long blocks, bytes;
        using (SnapshotStore store = session.Read())
        {
            // The snapshots are listed before the packs: what is deleted and collected meanwhile is noticed below.
            List<(SnapshotRef Ref, SnapshotRecord Record)> snapshots = Records(store);
            var packs = new PackChecker(store, options, Tell);
            packs.Run(cancellationToken);
            long manifests = Manifests(store, snapshots, packs, cancellationToken);
            Index(store);
            (blocks, bytes) = (packs.Blocks, packs.BytesRead + manifests);
        }
        var moved = new List<string>();
        if (options.Repair && _broken.Count > 0)
            session.Write(store => moved.AddRange(_broken.SelectMany(one => store.Quarantine(one.VolumeId, one.Id))), cancellationToken);
        return new StoreCheckReport(_snapshots, blocks, bytes, _damages, [.. _hurt.Values], moved, _notes);
    }

    private List<(SnapshotRef Ref, SnapshotRecord Record)> Records(SnapshotStore store)
    {
        var found = new List<(SnapshotRef Ref, SnapshotRecord Record)>();
        foreach (string volumeId in store.VolumeIds())
        {
            VolumeRecord? volume = null;
            try
            {
                volume = store.FindVolume(volumeId);
            }
            catch (CorruptDataException error)
            {
                Tell(Damages.Of(error));
            }
            VolumeRef owner = volume is null ? new VolumeRef(engine, volumeId, volumeId) : VolumeLookup.Ref(volumeId, volume.Location);
            foreach (SnapshotRecord record in store.ReadableSnapshots(volumeId, (id, why) => Unreadable(owner, id, why)))
                found.Add((new SnapshotRef(owner, record.Id, record.Name), record));
        }
        _snapshots += found.Count;
        return found;
    }

    private void Unreadable(VolumeRef volume, string id, StorageEngineException why)
    {
        _snapshots++;
        if (why is not CorruptDataException error)
        {
            _notes.Add(why.Message); // Written by a newer version, and no damage.
            return;
        }
        _broken.Add((volume.Id, id));
        Tell(Damages.Of(error, new SnapshotRef(volume, id, null)));
    }

    private long Manifests(SnapshotStore store, List<(SnapshotRef Ref, SnapshotRecord Record)> snapshots, PackChecker packs, CancellationToken cancellationToken)
    {
        using IndexState index = store.OpenIndex(trusted: false);
        var checker = new ManifestChecker(store, index, packs.Damaged, Tell);
        int done = 0;
        foreach ((SnapshotRef snapshot, SnapshotRecord record) in snapshots)
        {
            options.Progress?.Report(new OperationProgress("snapshots", packs.BytesRead + checker.BytesRead, null, done++, snapshots.Count));
            try
            {
                if (!checker.Check(snapshot, record, cancellationToken))
                    _broken.Add((record.VolumeId, record.Id));
            }
            catch (SnapshotNotFoundException)
            {
                _snapshots--; // Deleted meanwhile.
            }
        }
        return checker.BytesRead;
    }

    // A cache: damage there hurts nobody.
    private void Index(SnapshotStore store)
    {
        foreach (string path in store.DamagedSegments())
            _notes.Add($"the index segment '{path}' is damaged; it is only a cache and will be made anew");
    }

    private void Tell(StoreDamage damage)
    {
        lock (_gate)
        {
            _damages++;
            if (damage.Snapshot is { } snapshot)
                _hurt[snapshot.Id] = snapshot;
            options.Damage?.Report(damage);
        }
    }
}
