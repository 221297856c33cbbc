namespace StorageEngines;

/// <summary>
/// A storage and its native way to snapshot, compare and roll back. The core is small; everything else is a feature that the host asks for.
/// </summary>
/// <remarks>Safe for use by several threads. Dispose it to end what it runs; a plug-in is unloaded only after its engines are disposed.</remarks>
public interface IStorageEngine : IAsyncDisposable
{
    /// <summary>The engine's name, which is the scheme of its volumes' addresses: lower-case letters, digits and <c>-</c>, e.g. <c>zfs</c>.</summary>
    string Name { get; }

    /// <summary>Checks that the back end is there and may be used.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was found.</returns>
    /// <exception cref="StorageEngineException">It is not usable; the message says what is missing.</exception>
    ValueTask<EngineProbe> ProbeAsync(CancellationToken cancellationToken = default);

    /// <summary>Says what can be done with a volume, and how well.</summary>
    /// <param name="volume">The volume, or null for what the engine can do at its best.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The capabilities.</returns>
    /// <exception cref="VolumeNotFoundException">The volume is not there.</exception>
    ValueTask<EngineCapabilities> GetCapabilitiesAsync(VolumeRef? volume, CancellationToken cancellationToken = default);

    /// <summary>Lists the volumes that the engine knows of.</summary>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The volumes, in no particular order.</returns>
    IAsyncEnumerable<VolumeInfo> ListVolumesAsync(CancellationToken cancellationToken = default);

    /// <summary>Lists the volumes at a place and below it: the images of one pool, the datasets of one parent. An engine that can does not look at others.</summary>
    /// <param name="place">The place in the engine's own terms, as the locations of its volumes; see <see cref="BytePath.IsWithin"/>. The root is everything.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>Those volumes of <see cref="ListVolumesAsync"/> whose location is within the place, in no particular order; none is no error.</returns>
    IAsyncEnumerable<VolumeInfo> ListVolumesWithinAsync(BytePath place, CancellationToken cancellationToken = default)
        => ListVolumesAsync(cancellationToken).Where(volume => volume.Location.IsWithin(place));

    /// <summary>Finds the volume at a location: a path, a dataset's name, an image's name. From then on its id is what counts.</summary>
    /// <param name="location">The location in the engine's own terms; for a local path, absolute.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The volume.</returns>
    /// <exception cref="VolumeNotFoundException">There is none.</exception>
    /// <exception cref="StorageEngineException">What is there cannot be a volume of this engine, or may not be read.</exception>
    ValueTask<VolumeInfo> ResolveVolumeAsync(BytePath location, CancellationToken cancellationToken = default);

    /// <summary>Gets a feature.</summary>
    /// <typeparam name="T">A feature's interface.</typeparam>
    /// <returns>The feature, or null if the engine does not have it. The same object each time; it lives as long as the engine.</returns>
    T? Feature<T>()
        where T : class, IEngineFeature;
}
