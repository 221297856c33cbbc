using StorageEngines.CephRbd.Hosts;
using StorageEngines.CephRbd.Hosts.Commands;
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

    private static IRbdHost HostOf(EngineContext context, CephRbdSettings settings)
    {
        if (settings.UsesLibrary == true && !context.Commands.IsLocal)
        {
            throw new ArgumentException($"The setting '{CephRbdSettings.AccessSetting}' is librbd, which reaches a cluster from this machine only, and the host is {context.Commands.Host}; give rbd or auto.", nameof(context));
        }

        bool byLibrary = settings.UsesLibrary ?? (context.Commands.IsLocal && CephLibraries.WhyMissing is null);
        return byLibrary ? new NativeRbdHost(settings) : new CommandRbdHost(context.Commands, settings);
    }
}
