using System.Globalization;
using StorageEngines.Posix;
using StorageEngines.TarRsync.Capture;
using StorageEngines.TarRsync.Reflink;
using StorageEngines.TarRsync.Remote;
using StorageEngines.TarRsync.Walk;

namespace StorageEngines.TarRsync;

/// <summary>Makes fallback engines: any directory, any image file or block device, on any file system, with no privileges.</summary>
/// <remarks>Safe for use by several threads.</remarks>
public sealed class TarRsyncEngineFactory : IStorageEngineFactory
{
    /// <summary>The scheme, <c>tarrsync</c>.</summary>
    internal const string SchemeName = "tarrsync";

    /// <summary>The setting that names the store's directory.</summary>
    internal const string StoreSetting = "store";

    /// <summary>The setting that says how the files of trees are cut.</summary>
    internal const string ChunkerSetting = "chunker";

    /// <summary>The setting that says whether image files and large files of trees are cloned.</summary>
    internal const string ReflinkSetting = "reflink";

    /// <summary>The setting that says which files of trees are large enough to be cloned.</summary>
    internal const string ReflinkFromSetting = "reflink-from";

    /// <summary>The setting that makes rsync compare content.</summary>
    internal const string ChecksumSetting = "rsync-checksum";

    /// <summary>The setting that says how the statuses of a tree are had.</summary>
    internal const string WalkSetting = "walk";

    /// <inheritdoc/>
    public string Scheme => SchemeName;

    /// <inheritdoc/>
    public IReadOnlyList<EngineSetting> Settings { get; } =
    [
        new EngineSetting(
            StoreSetting,
            "The directory that snapshots are kept in, as an absolute path; it is made at the first snapshot. Default: $XDG_DATA_HOME/storage-engines/store, or ~/.local/share/storage-engines/store."),
        new EngineSetting(
            ChunkerSetting,
            "How the files of trees are cut: 'cdc' by their content, 'fixed' into blocks of 64 KiB, or 'auto': by content, but files that look like images into blocks, and each file as in the snapshot before. Images and devices are always cut into blocks. Default: auto."),
        new EngineSetting(
            ReflinkSetting,
            "Image files, and large files of trees, as clones that share their blocks: 'auto' where the store is on the same file system and that can (XFS, Btrfs, ...), 'always' or fail, 'never'. Default: auto."),
        new EngineSetting(
            ReflinkFromSetting,
            "A file of a tree is cloned if its data takes so many bytes on the disk; 1 or more. Default: 16777216."),
        new EngineSetting(
            WalkSetting,
            "How the statuses of a tree's files are had: 'statx' name by name, 'bulkstat' from XFS in the order of its inodes, which needs root, or fail, 'auto': bulkstat where the volume is the root of an XFS. Default: auto."),
        new EngineSetting(
            ChecksumSetting,
            "true: for a volume on another machine, rsync compares every file by its content, which reads both sides whole, and not by size and time of the last write. Default: false."),
    ];

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">
    /// The setting <c>store</c> is not an absolute path, or there is neither a setting nor a home directory; another setting is none of its words, or no number of bytes.
    /// </exception>
    /// <exception cref="CapabilityNotSupportedException">The context is of another machine, which is not reached over SSH.</exception>
    public IStorageEngine Create(EngineContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        string store = StoreDirectory(context.Settings);
        bool checksum = IsSet(context.Settings, ChecksumSetting);
        return context.Commands.IsLocal
            ? new TarRsyncStorageEngine(
                store, context.Time, reflink: Reflink(context.Settings), chunking: Chunking(context.Settings), walk: Walk(context.Settings), cloneFrom: CloneFrom(context.Settings))
            : new TarRsyncStorageEngine(
                store, context.Time, reflink: ReflinkMode.Never, chunking: Chunking(context.Settings), remote: RsyncHost(context) with { Checksum = checksum });
    }

    /// <inheritdoc/>
    /// <remarks>Implements: statx(2); on another machine <c>rsync --list-only</c>.</remarks>
    public ValueTask<VolumeClaim> ClaimAsync(BytePath path, EngineContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (!context.Commands.IsLocal)
        {
            return ClaimRemoteAsync(path, context, cancellationToken);
        }

        try
        {
            FileType type = FileStatus.GetPath(path.Span).Type;
            return new(type is FileType.Directory or FileType.Regular or FileType.BlockDevice ? VolumeClaim.Fallback : VolumeClaim.None);
        }
        catch (PosixException e) when (e.Errno is Errno.EACCES or Errno.EPERM)
        {
            return new(VolumeClaim.Fallback); // Whoever wants to use it is told that it may not be looked at, and not that it is missing.
        }
        catch (PosixException)
        {
            return new(VolumeClaim.None); // What cannot even be looked at is nobody's volume.
        }
    }

    private static FileChunking Chunking(IReadOnlyDictionary<string, string> settings) => settings.GetValueOrDefault(ChunkerSetting, "auto") switch
    {
        "auto" => FileChunking.Auto,
        "fixed" => FileChunking.Fixed,
        "cdc" => FileChunking.ByContent,
        string other => throw new ArgumentException($"The setting '{ChunkerSetting}' is '{other}'; give 'auto', 'fixed' or 'cdc'.", nameof(settings)),
    };

    private static ReflinkMode Reflink(IReadOnlyDictionary<string, string> settings) => settings.GetValueOrDefault(ReflinkSetting, "auto") switch
    {
        "auto" => ReflinkMode.Auto,
        "always" => ReflinkMode.Always,
        "never" => ReflinkMode.Never,
        string other => throw new ArgumentException($"The setting '{ReflinkSetting}' is '{other}'; give auto, always or never.", nameof(settings)),
    };

    private static WalkMode Walk(IReadOnlyDictionary<string, string> settings) => settings.GetValueOrDefault(WalkSetting, "auto") switch
    {
        "auto" => WalkMode.Auto,
        "statx" => WalkMode.Statx,
        "bulkstat" => WalkMode.Bulkstat,
        string other => throw new ArgumentException($"The setting '{WalkSetting}' is '{other}'; give auto, statx or bulkstat.", nameof(settings)),
    };

    private static long CloneFrom(IReadOnlyDictionary<string, string> settings)
        => !settings.TryGetValue(ReflinkFromSetting, out string? text) ? CaptureChoices.UsualCloneFrom
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes) && bytes > 0 ? bytes
            : throw new ArgumentException($"The setting '{ReflinkFromSetting}' is '{text}'; give a number of bytes, 1 or more.", nameof(settings));

    private static async ValueTask<VolumeClaim> ClaimRemoteAsync(BytePath path, EngineContext context, CancellationToken cancellationToken)
    {
        if (context.Commands is not IRemoteShell || !path.IsAbsolute)
        {
            return VolumeClaim.None;
        }

        try
        {
            await new RsyncProgram(RsyncHost(context)).LookAsync(path, cancellationToken).ConfigureAwait(false);
            return VolumeClaim.Fallback;
        }
        catch (StorageEngineException e) when (e.Status is EngineStatus.NotFound or EngineStatus.InvalidArgument)
        {
            return VolumeClaim.None;
        }
    }

    private static RsyncHost RsyncHost(EngineContext context) => context.Commands is IRemoteShell shell
        ? new RsyncHost(context.Commands.Host, shell)
        : throw new CapabilityNotSupportedException(
            EngineCapability.Snapshot,
            $"The engine '{SchemeName}' pulls from another machine by rsync over SSH, and '{context.Commands.Host}' is reached in another way; run it there, or mount the directory here.")
        { Engine = SchemeName };

    private static bool IsSet(IReadOnlyDictionary<string, string> settings, string name) => settings.GetValueOrDefault(name, "false") switch
    {
        "true" => true,
        "false" => false,
        string other => throw new ArgumentException($"The setting '{name}' is '{other}'; give 'true' or 'false'.", nameof(settings)),
    };

    private static string StoreDirectory(IReadOnlyDictionary<string, string> settings)
    {
        if (settings.TryGetValue(StoreSetting, out string? given))
        {
            return Path.IsPathFullyQualified(given)
                ? given
                : throw new ArgumentException($"The setting '{StoreSetting}' is '{given}'; give an absolute path.", nameof(settings));
        }

        string data = Environment.GetEnvironmentVariable("XDG_DATA_HOME") is { Length: > 0 } set && Path.IsPathFullyQualified(set)
            ? set
            : Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        return data.Length > 0
            ? Path.Combine(data, "storage-engines", "store")
            : throw new ArgumentException($"There is no home directory to keep the store in; give the setting '{StoreSetting}'.", nameof(settings));
    }
}
