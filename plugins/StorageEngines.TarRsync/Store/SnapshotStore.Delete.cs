namespace StorageEngines.TarRsync.Store;

internal sealed partial class SnapshotStore
{
    /// <summary>
    /// Deletes a snapshot, or its data. Costs no more than writing its record: the manifest and the space of the blocks go with the next collection. What is
    /// gone already is no error. One whose record cannot be read is moved aside.
    /// </summary>
    /// <exception cref="SnapshotInUseException">Somebody holds it.</exception>
    internal void DeleteSnapshot(string volumeId, string id, DeleteMode mode)
    {
        RequireWrite();
        SnapshotRecord? snapshot;
        try
        {
            snapshot = FindById(volumeId, id);
        }
        catch (CorruptDataException)
        {
            // Whether somebody holds it is not known, so that it is not destroyed.
            Quarantine(volumeId, id);
            return;
        }
        if (snapshot is null)
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
            RemoveClones(snapshot);
        }
    }

    // The children go to the grandparent first, so that the chain of ancestors never has a gap.
    private void Detach(SnapshotRecord snapshot)
    {
        foreach (SnapshotRecord child in ReadableSnapshots(snapshot.VolumeId).Where(s => s.ParentId == snapshot.Id))
            Save(child with { ParentId = snapshot.ParentId });
        if (FindVolume(snapshot.VolumeId) is { } volume && volume.HeadSnapshotId == snapshot.Id)
            UpdateVolume(volume with { HeadSnapshotId = snapshot.ParentId });
    }
}
