namespace StorageEngines;

/// <summary>Snapshots of several volumes at one instant, with the order of writes kept across them, or none at all.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public interface IGroupSnapshots : IEngineFeature
{
    /// <summary>Cuts a group. If it cannot be done at one instant it fails, after what was made is undone. Idempotent on name and members.</summary>
    /// <param name="volumes">The members; at least one, no duplicates.</param>
    /// <param name="name">A name that the caller chooses; see <see cref="SnapshotName"/>.</param>
    /// <param name="cancellationToken">Gives up; no member remains.</param>
    /// <returns>The group.</returns>
    /// <exception cref="StorageEngineException"><see cref="EngineReason.GroupNotConsistent"/>: not at one instant; nothing remains.</exception>
    Task<GroupSnapshotInfo> CreateAsync(IReadOnlyList<VolumeRef> volumes, string name, CancellationToken cancellationToken = default);

    /// <summary>Gets a group.</summary>
    /// <param name="groupId">Its id.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The group, with <see cref="GroupSnapshotInfo.Complete"/> as it is now.</returns>
    /// <exception cref="SnapshotNotFoundException">It is not there.</exception>
    Task<GroupSnapshotInfo> GetAsync(string groupId, CancellationToken cancellationToken = default);

    /// <summary>Deletes a group with its members. What is already gone is no error.</summary>
    /// <param name="groupId">Its id.</param>
    /// <param name="expectedMembers">The members that the caller knows of.</param>
    /// <param name="cancellationToken">Gives up; make the same call again.</param>
    /// <returns>A task that ends when it is gone.</returns>
    /// <exception cref="StorageEngineException"><see cref="EngineStatus.InvalidArgument"/>: the group has other members than expected; nothing was deleted.</exception>
    Task DeleteAsync(string groupId, IReadOnlyList<SnapshotRef> expectedMembers, CancellationToken cancellationToken = default);
}
