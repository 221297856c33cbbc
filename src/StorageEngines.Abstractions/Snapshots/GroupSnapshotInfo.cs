namespace StorageEngines;

/// <summary>Snapshots of several volumes taken together.</summary>
/// <param name="Id">The group's id.</param>
/// <param name="Name">Its label.</param>
/// <param name="Members">The members that are there.</param>
/// <param name="Consistency">What their content is worth together.</param>
/// <param name="Complete">False if a member has gone since.</param>
public sealed record GroupSnapshotInfo(string Id, string Name, IReadOnlyList<SnapshotInfo> Members, Consistency Consistency, bool Complete);
