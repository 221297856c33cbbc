namespace StorageEngines;

/// <summary>Snapshots of one volume at a time.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public interface ISnapshots : IEngineFeature
{
    /// <summary>
    /// True if listing the snapshots of one volume costs as much as that volume has to tell, so that listing them volume by volume costs no more than in one go. Default: false, each listing has a
    /// cost of its own, such as the start of a program.
    /// </summary>
    bool ListsPerVolume => false;

    /// <summary>
    /// Cuts a snapshot and returns once it is cut. Idempotent on volume and name: asked again, it returns the snapshot that is there. A volume
    /// that has just been thawed may change at once.
    /// </summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="cancellationToken">Gives up; no snapshot and no leftover remains.</param>
    /// <returns>The snapshot.</returns>
    /// <exception cref="ArgumentException">The name breaks the rule of <see cref="SnapshotName"/>.</exception>
    /// <exception cref="VolumeNotFoundException">The volume is not there, or another one has its name.</exception>
    /// <exception cref="StorageEngineException">
    /// <see cref="EngineStatus.FailedPrecondition"/>: the wanted consistency cannot be had. <see cref="EngineStatus.ResourceExhausted"/>: no space.
    /// With <see cref="StorageEngineException.OutcomeUnknown"/>, make the same call again.
    /// </exception>
    Task<SnapshotInfo> CreateAsync(CreateSnapshotRequest request, CancellationToken cancellationToken = default);

    /// <summary>Gets one snapshot by its id.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What is known of it now.</returns>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    Task<SnapshotInfo> GetAsync(SnapshotRef snapshot, CancellationToken cancellationToken = default);

    /// <summary>Lists snapshots, oldest first within a volume.</summary>
    /// <param name="volume">The volume, or null for all volumes.</param>
    /// <param name="namePrefix">Only names that begin so, compared by character; null for all. Default: null.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <returns>The snapshots.</returns>
    /// <exception cref="VolumeNotFoundException">The engine knows of no such volume.</exception>
    IAsyncEnumerable<SnapshotInfo> ListAsync(VolumeRef? volume, string? namePrefix = null, CancellationToken cancellationToken = default);

    /// <summary>Deletes one snapshot. What is already gone is no error.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="mode">How much of it. Default: everything.</param>
    /// <param name="cancellationToken">Gives up; the snapshot is either there or gone.</param>
    /// <returns>A task that ends when it is done.</returns>
    /// <exception cref="SnapshotInUseException">A hold, clone or mount is in the way.</exception>
    /// <exception cref="CapabilityNotSupportedException">The mode is not supported.</exception>
    Task DeleteAsync(SnapshotRef snapshot, DeleteMode mode = DeleteMode.Everything, CancellationToken cancellationToken = default);

    /// <summary>Makes a new writable volume from a snapshot. It appears under its name only when it is whole.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="location">Where the volume is to be, in the engine's own terms; nothing may be there yet.</param>
    /// <param name="progress">Told how far it is; null for nobody. Default: null.</param>
    /// <param name="cancellationToken">Gives up; nothing remains.</param>
    /// <returns>The new volume, of a lineage of its own.</returns>
    /// <exception cref="SnapshotNotFoundException">The snapshot is not there.</exception>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.AlreadyExists"/>: something is at the location.</exception>
    Task<VolumeInfo> CloneAsync(
        SnapshotRef snapshot, BytePath location, IProgress<OperationProgress>? progress = null, CancellationToken cancellationToken = default);

    /// <summary>Puts the volume back in place to a snapshot. Its newer state is lost unless a safety snapshot is asked for.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="options">How.</param>
    /// <param name="cancellationToken">Gives up before the first change; after it the roll back runs to its end.</param>
    /// <returns>A task that ends when the volume's content is that of the snapshot.</returns>
    /// <exception cref="SnapshotNotFoundException">The snapshot is not there.</exception>
    /// <exception cref="SnapshotInUseException">Newer snapshots are in the way and may not be destroyed, or the volume is in use.</exception>
    Task RollbackAsync(SnapshotRef snapshot, RollbackOptions options, CancellationToken cancellationToken = default);

    /// <summary>Forbids the deletion of a snapshot until the owner releases it. Idempotent.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="owner">Who holds it; 1 to 200 characters of the kind that snapshot names have.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is held.</returns>
    /// <exception cref="SnapshotNotFoundException">The snapshot is not there.</exception>
    Task HoldAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default);

    /// <summary>Takes a hold back. What is not held, or not there, is no error.</summary>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="owner">Who held it.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A task that ends when it is released.</returns>
    Task ReleaseAsync(SnapshotRef snapshot, string owner, CancellationToken cancellationToken = default);
}
