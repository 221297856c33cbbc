namespace StorageEngines.TarRsync;

/// <summary>Finds volumes: by path, and from an id back to the path. Safe for use by several threads.</summary>
internal interface IVolumes
{
    /// <summary>Looks at a path. What is found there is known from then on, also before its first snapshot.</summary>
    /// <exception cref="VolumeNotFoundException">Nothing is there.</exception>
    /// <exception cref="StorageEngineException">It cannot be a volume, or may not be read.</exception>
    ValueTask<VolumeInfo> ResolveAsync(BytePath location, CancellationToken cancellationToken);

    /// <summary>Finds a volume's place and makes sure, as far as that can be seen from here, that it is still the same volume.</summary>
    /// <exception cref="VolumeNotFoundException">It is not known, not there, or another one is in its place (VolumeReplaced).</exception>
    Capture.VolumePlace Locate(VolumeRef volume);

    /// <summary>Throws unless the volume was resolved or has snapshots.</summary>
    /// <exception cref="VolumeNotFoundException">Nothing is known of it.</exception>
    void RequireKnown(VolumeRef volume);

    /// <summary>Whether a volume that is in the store is on the machine that volumes are sought on.</summary>
    bool Owns(Store.VolumeRecord volume);

    /// <summary>All volumes that are known, as they are now; those that are away at their last place.</summary>
    IEnumerable<VolumeInfo> All();
}
