using StorageEngines.CephRbd.Images;

namespace StorageEngines.CephRbd.Hosts;

/// <summary>A cluster, as it is reached from here: through librbd, or through the program <c>rbd</c> on some host. Safe for use by several threads.</summary>
internal interface IRbdHost : IAsyncDisposable
{
    /// <summary>Where, for messages.</summary>
    string Name { get; }

    /// <summary>Whether a snapshot of a group can be what a difference begins with.</summary>
    bool CanDiffFromGroups { get; }

    /// <summary>Changes images and snapshots.</summary>
    IImageChanges Changes { get; }

    /// <summary>Groups of images.</summary>
    IImageGroups Groups { get; }

    /// <summary>Reaches the cluster: its monitors, and the OSDs that lists of images are on.</summary>
    Task<HostFacts> ProbeAsync(CancellationToken cancellationToken);

    /// <summary>All images of all pools and namespaces that the user may see.</summary>
    Task<IReadOnlyList<ImagePlace>> ListAsync(CancellationToken cancellationToken);

    /// <summary>The image of a name; null if there is none.</summary>
    Task<ImageKey?> FindAsync(ImagePath path, CancellationToken cancellationToken);

    /// <summary>Opens an image to read it, which no writer notices; null if it is not there. The caller disposes it.</summary>
    Task<IOpenImage?> OpenAsync(ImageKey key, CancellationToken cancellationToken);

    /// <summary>Opens an image to write to it, and gives it a size. Once that has begun it is waited for. The caller disposes it.</summary>
    /// <param name="image">The image.</param>
    /// <param name="sizeBytes">The size; bytes. What is beyond a smaller one is gone, and what a larger one adds reads as zeroes.</param>
    /// <param name="cancellationToken">Gives up before it.</param>
    Task<IImageWriting> OpenForWritingAsync(RbdImage image, long sizeBytes, CancellationToken cancellationToken);
}
