using StorageEngines.Zfs.Datasets;
using StorageEngines.Zfs.Hosts;
using StorageEngines.Zfs.Transfer;

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
    public IReadOnlyList<EngineSetting> Settings { get; } =
    [
        new EngineSetting(
            StreamKinds.Setting,
            "Which stream 'export --format native' writes: plain (read by every 'zfs receive'), compressed (blocks as they are compressed, 'zfs send -c -L', of volumes also '-e') or raw (as they are stored, encrypted ones without their key, '-w'). Keep to one in a chain of differences. Default: compressed, and raw for an encrypted volume."),
        new EngineSetting(
            ZfsDifferentials.ResumeSetting,
            "Whether what came of a stream that is cut while it is applied is kept, so that the export can be resumed by the token that the error tells: true or false. Default: false, the volume is as it was."),
    ];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">A setting is none of its values.</exception>
    public IStorageEngine Create(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        bool keeps = context.Settings.GetValueOrDefault(ZfsDifferentials.ResumeSetting) switch
        {
            null or "false" => false,
            "true" => true,
            string other => throw new ArgumentException($"The setting '{ZfsDifferentials.ResumeSetting}' is '{other}'; give true or false.", nameof(context)),
        };
        return new ZfsStorageEngine(new ZfsHost(context.Commands), StreamKinds.Parse(context.Settings.GetValueOrDefault(StreamKinds.Setting)), keeps);
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
