using StorageEngines.TarRsync.Reflink;

namespace StorageEngines.TarRsync.Store;

internal sealed partial class SnapshotStore
{
    // A snapshot's clones are its own: what is left of one that was never finished, or is deleted, goes.
    private void SweepClones(HashSet<string> known)
    {
        if (!System.IO.Directory.Exists(_files.Clones))
            return;
        foreach (string path in System.IO.Directory.EnumerateFiles(_files.Clones).ToList())
        {
            string name = Path.GetFileName(path);
            if (IsTemporary(name) || (CloneRef.Owner(name) is { } owner && !known.Contains(owner)))
                _files.Remove(path);
        }
    }

    private void RemoveClones(SnapshotRecord snapshot)
    {
        if (snapshot.Clones > 0)
            _files.RemoveClones(snapshot.Id);
    }

    // Of a tree only what is in packs goes, and its clones stay: they are what a later delta needs.
    private void RequireNoClones(SnapshotRecord snapshot)
    {
        if (snapshot.Clones > 0 && FindVolume(snapshot.VolumeId)?.Kind == VolumeKind.Block)
            throw new CapabilityNotSupportedException(EngineCapability.DeleteDataOnly,
                $"The data of snapshot '{snapshot.Name}' is a clone, and what later deltas are computed from; keep it, or delete the snapshot as a whole.")
            { Engine = TarRsyncEngineFactory.SchemeName };
    }
}
