namespace StorageEngines.CephRbd.Images;

/// <summary>A group with what is in it.</summary>
/// <param name="Place">The group.</param>
/// <param name="Images">Its images: the numbers of their pools, and their names.</param>
/// <param name="Snapshots">The names of its snapshots.</param>
internal sealed record GroupMembers(GroupPlace Place, IReadOnlyList<(long Pool, string Name)> Images, IReadOnlyList<string> Snapshots);
