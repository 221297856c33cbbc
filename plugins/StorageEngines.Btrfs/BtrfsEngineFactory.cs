using StorageEngines.Btrfs.Hosts;
using StorageEngines.Btrfs.Hosts.Remote;
using StorageEngines.Btrfs.Native;
using StorageEngines.Btrfs.Streams;
using StorageEngines.Posix;

namespace StorageEngines.Btrfs;

/// <summary>Makes engines for Btrfs: volumes are subvolumes, snapshots are read-only snapshots, and what changed comes from the file system itself.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public sealed class BtrfsEngineFactory : IStorageEngineFactory
{
    /// <summary>The scheme, <c>btrfs</c>.</summary>
    internal const string SchemeName = "btrfs";

    /// <summary>The setting that names the place of snapshots.</summary>
    internal const string SnapshotsSetting = "snapshots";

    /// <inheritdoc/>
    public string Scheme => SchemeName;

    /// <inheritdoc/>
    public IReadOnlyList<EngineSetting> Settings { get; } =
    [
        new EngineSetting(
            SnapshotsSetting,
            "The directory that snapshots are kept in, as an absolute path on the volume's own Btrfs; it is made at the first snapshot. Default: .seng-snapshots in the directory that holds the subvolume, or, if that is not on the same Btrfs, in the subvolume."),
        new EngineSetting(
            StreamKind.Setting,
            "Which stream 'export --format native' writes: 1 (read by every btrfs receive; holes are sent as zeroes), 2 (read by btrfs-progs 6.0 and later), or 2-compressed (compressed extents as they are on the device). Default: the highest version that the kernel has."),
    ];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The setting <c>snapshots</c> is not an absolute path, or <c>stream</c> is none of its values.</exception>
    public IStorageEngine Create(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        IBtrfsHost host = context.Commands.IsLocal ? new LocalBtrfsHost() : new RemoteBtrfsHost(context.Commands);
        return new BtrfsStorageEngine(host, SnapshotRoot(context.Settings), StreamKind.Parse(context.Settings.GetValueOrDefault(StreamKind.Setting)));
    }

    /// <inheritdoc/>
    /// <remarks>Implements: fstatfs(2), statx(2); on another machine stat(1).</remarks>
    public ValueTask<VolumeClaim> ClaimAsync(BytePath path, EngineContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!path.IsAbsolute)
        {
            return new(VolumeClaim.None);
        }

        if (!context.Commands.IsLocal)
        {
            return ClaimRemoteAsync(path, context, cancellationToken);
        }

        try
        {
            using DirectoryHandle directory = DirectoryHandle.Open(path.Span);
            return new(BtrfsControl.IsSubvolume(directory) ? VolumeClaim.Native : VolumeClaim.None);
        }
        catch (PosixException)
        {
            return new(VolumeClaim.None); // A file, or what cannot be opened, is no subvolume.
        }
    }

    private static async ValueTask<VolumeClaim> ClaimRemoteAsync(BytePath path, EngineContext context, CancellationToken cancellationToken)
    {
        await using var host = new RemoteBtrfsHost(context.Commands);
        PathFacts facts = (await Task.Run(() => host.Look([path], null, cancellationToken), cancellationToken).ConfigureAwait(false))[0];
        return facts.Subvolume is not null ? VolumeClaim.Native : VolumeClaim.None;
    }

    private static BytePath? SnapshotRoot(IReadOnlyDictionary<string, string> settings)
    {
        if (!settings.TryGetValue(SnapshotsSetting, out string? given))
        {
            return null;
        }

        return Path.IsPathFullyQualified(given) && given.TrimEnd('/').Length > 0
            ? BytePath.FromString(given.TrimEnd('/'))
            : throw new ArgumentException($"The setting '{SnapshotsSetting}' is '{given}'; give an absolute path on the volume's own Btrfs.", nameof(settings));
    }
}
