using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Hosts;

/// <summary>Groups of images, and their snapshots.</summary>
internal interface IImageGroups
{
    /// <summary>What is in a group; null if it is not there.</summary>
    Task<GroupMembers?> ReadAsync(GroupPlace group, CancellationToken cancellationToken);

    /// <summary>Makes a group.</summary>
    Task CreateAsync(GroupPlace group, CancellationToken cancellationToken);

    /// <summary>Removes a group, and every snapshot that it has.</summary>
    Task RemoveAsync(GroupPlace group, CancellationToken cancellationToken);

    /// <summary>Puts an image into a group.</summary>
    Task AddImageAsync(GroupPlace group, RbdImage image, CancellationToken cancellationToken);

    /// <summary>Cuts a snapshot of all its images at one instant.</summary>
    Task CreateSnapshotAsync(GroupPlace group, string name, CancellationToken cancellationToken);

    /// <summary>Removes a snapshot of a group. What is gone already is no error.</summary>
    Task RemoveSnapshotAsync(GroupPlace group, string name, CancellationToken cancellationToken);
}
