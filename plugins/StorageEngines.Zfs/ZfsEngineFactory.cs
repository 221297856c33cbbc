using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Hosts;

namespace StorageEngines.Zfs;

/// <summary>Makes engines for OpenZFS: volumes are datasets and zvols, snapshots are ZFS snapshots, and what changed comes from the send stream.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public sealed class ZfsEngineFactory : IStorageEngineFactory
{
    /// <summary>The scheme, <c>zfs</c>.</summary>
    internal const string SchemeName = "zfs";

    // Without the module nothing here is on ZFS, and no shell has to be started to know that.
    private const string ModuleDirectory = "/sys/module/zfs";

    /// <inheritdoc/>
    public string Scheme => SchemeName;

    /// <inheritdoc/>
    public IStorageEngine Create(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return new ZfsStorageEngine(new ZfsHost(context.Commands));
    }

    /// <inheritdoc/>
    /// <remarks>Implements: <c>zfs list</c>, zfs-list(8); readlink(1), find(1).</remarks>
    public async ValueTask<VolumeClaim> ClaimAsync(BytePath path, EngineContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!path.IsAbsolute || (context.Commands.IsLocal && !Directory.Exists(ModuleDirectory)))
        {
            return VolumeClaim.None;
        }

        await using var host = new ZfsHost(context.Commands);
        return await new DatasetCatalog(host).ClaimAsync(path, cancellationToken).ConfigureAwait(false);
    }
}
