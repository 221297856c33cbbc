using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Native;

namespace StorageEngines.CephRbd;

/// <summary>Makes engines for Ceph RBD: volumes are images, and what changed comes from the cluster's own record of it.</summary>
/// <remarks>Safe for use by several threads. Engines of one process that reach the same cluster as the same user share one connection.</remarks>
public sealed class CephRbdEngineFactory : IStorageEngineFactory
{
    /// <summary>The scheme, <c>ceph-rbd</c>.</summary>
    internal const string SchemeName = "ceph-rbd";

    /// <inheritdoc/>
    public string Scheme => SchemeName;

    /// <inheritdoc/>
    public IReadOnlyList<EngineSetting> Settings => CephRbdSettings.All;

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A setting has a value that it cannot have.</exception>
    public IStorageEngine Create(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var settings = CephRbdSettings.Parse(context.Settings);
        return new CephRbdStorageEngine(HostOf(context, settings), settings.Mode);
    }

    private static IRbdHost HostOf(EngineContext context, CephRbdSettings settings) => new NativeRbdHost(settings);
}
