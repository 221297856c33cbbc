using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Hosts;

/// <summary>Changes images and their snapshots. A change that has begun cannot be cancelled, and is made once.</summary>
internal interface IImageChanges
{
    /// <summary>Cuts a snapshot.</summary>
    Task CreateSnapshotAsync(RbdImage image, string name, CancellationToken cancellationToken);

    /// <summary>Removes a snapshot. What is gone already is no error.</summary>
    Task RemoveSnapshotAsync(RbdImage image, RbdSnapshot snapshot, CancellationToken cancellationToken);

    /// <summary>Protects a snapshot from removal, or takes that back.</summary>
    Task ProtectAsync(RbdImage image, RbdSnapshot snapshot, bool isProtected, CancellationToken cancellationToken);

    /// <summary>Notes something in the image's metadata, or removes it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="notes">Keys, and values; null removes.</param>
    /// <param name="cancellationToken">Gives up before it.</param>
    Task NoteAsync(RbdImage image, IReadOnlyList<(string Key, string? Value)> notes, CancellationToken cancellationToken);

    /// <summary>Makes a clone.</summary>
    Task CloneAsync(RbdImage image, RbdSnapshot snapshot, ImagePath child, CancellationToken cancellationToken);

    /// <summary>Gives an image another size than it has.</summary>
    Task ResizeAsync(RbdImage image, long sizeBytes, CancellationToken cancellationToken);

    /// <summary>Puts an image back to a snapshot.</summary>
    Task RollbackAsync(RbdImage image, RbdSnapshot snapshot, IProgress<OperationProgress>? progress, CancellationToken cancellationToken);
}
