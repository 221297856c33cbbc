using StorageEngines.TarRsync.Manifests;

namespace StorageEngines.TarRsync.Store;

internal sealed partial class SnapshotStore
{
    /// <summary>Deletes a snapshot, or its data, and gives its space back. What is gone already is no error.</summary>
    /// <exception cref="SnapshotInUseException">Somebody holds it.</exception>
    internal void DeleteSnapshot(string volumeId, string id, DeleteMode mode)
    {
        RequireWrite();
        if (FindById(volumeId, id) is not { } snapshot)
            return;
        if (snapshot.Holds.Count > 0)
            throw new SnapshotInUseException(EngineReason.HeldByOther,
                $"Snapshot '{snapshot.Name}' is held by {string.Join(", ", snapshot.Holds)}; release it first.", snapshot.Holds);
        if (mode == DeleteMode.DataOnly)
        {
            RequireNoClones(snapshot);
            if (snapshot.State != SnapshotState.MetadataOnly)
                Save(snapshot with { State = SnapshotState.MetadataOnly });
        }
        else
        {
            Detach(snapshot);
            _known.TryRemove(volumeId, out _);
            _files.Remove(_files.SnapshotObject(volumeId, id));
            _files.Remove(_files.Manifest(id));
            RemoveClones(snapshot);
        }
        Collect();
    }

    /// <summary>Gives the space of blocks back that no snapshot needs. May end at any point without harm.</summary>
    internal void Collect()
    {
        RequireWrite();
        new GarbageCollector(_files, _index, BlockSize).Run(LiveManifests());
    }

    // The children go to the grandparent first, so that the chain of ancestors never has a gap.
    private void Detach(SnapshotRecord snapshot)
    {
        foreach (SnapshotRecord child in Snapshots(snapshot.VolumeId).Where(s => s.ParentId == snapshot.Id))
            Save(child with { ParentId = snapshot.ParentId });
        if (FindVolume(snapshot.VolumeId) is { } volume && volume.HeadSnapshotId == snapshot.Id)
            UpdateVolume(volume with { HeadSnapshotId = snapshot.ParentId });
    }

    private IEnumerable<ManifestFile> LiveManifests()
    {
        foreach (VolumeRecord volume in Volumes())
        {
            foreach (SnapshotRecord snapshot in Snapshots(volume.Id).Where(s => s.State != SnapshotState.MetadataOnly))
            {
                using ManifestFile file = OpenManifestFile(snapshot);
                yield return file;
            }
        }
    }
}
