namespace StorageEngines.TarRsync.Manifests;

/// <summary>Makes a clone of an older snapshot one of this snapshot, too.</summary>
internal delegate FileContent CloneKeeper(in ManifestEntry entry);
