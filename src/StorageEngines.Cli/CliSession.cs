using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;
using StorageEngines.Hosting;

namespace StorageEngines.Cli;

/// <summary>One run of one command: its output and, when it asks, the engines.</summary>
internal sealed class CliSession : IAsyncDisposable
{
    private readonly GlobalOptions _options;
    private readonly List<IAsyncDisposable> _open = [];
    private readonly string? _store;
    private readonly bool _ownsOutput = true;
    private IStorageEngineCatalog? _catalog;

    internal CliSession(CliEnvironment environment, GlobalOptions options)
    {
        Environment = environment;
        _options = options;
        bool quiet = options.Quiet.Value;
        bool color = !options.NoColor.Value && string.IsNullOrEmpty(environment.Variable("NO_COLOR"));
        Output = new CliOutput(environment, options.Json.Value, quiet, color);
        Progress = new ProgressDisplay(environment, quiet || options.Json.Value, color, Warn);
    }

    private CliSession(CliSession outer, string store)
    {
        Environment = outer.Environment;
        _options = outer._options;
        Output = outer.Output;
        Progress = outer.Progress;
        _store = store;
        _ownsOutput = false;
    }

    internal CliEnvironment Environment { get; }

    internal CliOutput Output { get; }

    internal ProgressDisplay Progress { get; }

    internal IStorageEngineCatalog Catalog => _catalog ??= Environment.Catalog(Configure);

    /// <summary>A session with the same output, whose fallback engine has a store of its own. Dispose it before this one.</summary>
    internal CliSession WithStore(string store) => new(this, store);

    internal T? Get<T>(Option<T> option) => option.Value;

    /// <summary>Whether an option is on the command line.</summary>
    internal bool Has(Option option) => option.IsGiven;

    internal T? Get<T>(Argument<T> argument) => argument.Value;

    /// <summary>Tells something that is not the result and does not stop it: on standard error, or in the JSON.</summary>
    internal void Warn(string text)
    {
        if (Output.IsJson)
        {
            Output.AddWarning(text);
        }
        else if (!Output.IsQuiet)
        {
            Environment.Error.WriteLine($"warning: {text}");
        }
    }

    /// <summary>Finds a volume by its address.</summary>
    internal async Task<OpenVolume> VolumeAsync(string address, CancellationToken cancellationToken)
        => await VolumeAsync(Addresses.Volume(address), cancellationToken);

    /// <summary>Finds a volume by its address. One that is gone, but whose snapshots an engine still has, is found too.</summary>
    internal async Task<OpenVolume> VolumeAsync(VolumeAddress address, CancellationToken cancellationToken)
    {
        OpenVolume volume = await VolumeFinder.FindAsync(Catalog, address, cancellationToken);
        _open.Add(volume);
        foreach (string note in volume.Notes)
        {
            Warn(note);
        }

        return volume;
    }

    /// <summary>Opens the engine of an address, whatever volumes there are.</summary>
    internal async Task<IStorageEngine> EngineAsync(VolumeAddress address, CancellationToken cancellationToken)
    {
        IStorageEngine engine = await VolumeFinder.EngineAsync(Catalog, address, cancellationToken);
        _open.Add(engine);
        return engine;
    }

    /// <summary>Finds a snapshot by <c>VOLUME@NAME</c>.</summary>
    internal async Task<OpenSnapshot> SnapshotAsync(string address, CancellationToken cancellationToken, bool unreadable = false)
    {
        SnapshotAddress parsed = Addresses.Snapshot(address);
        OpenVolume volume = await VolumeAsync(parsed.Volume, cancellationToken);
        return new OpenSnapshot(volume, await SnapshotFinder.FindAsync(volume, parsed.SnapshotName, unreadable, cancellationToken));
    }

    /// <summary>Finds a base and a target; the target may be <c>@NAME</c>, of the same volume.</summary>
    internal async Task<(OpenSnapshot Base, OpenSnapshot Target)> PairAsync(string baseAddress, string targetAddress, CancellationToken cancellationToken)
    {
        // Both are read before the first call to an engine, so that a mistyped one is an error of usage.
        VolumeAddress baseVolume = Addresses.Snapshot(baseAddress).Volume;
        (VolumeAddress targetVolume, string targetName) = targetAddress.StartsWith('@')
            ? (baseVolume, Addresses.Name(targetAddress[1..]))
            : (Addresses.Snapshot(targetAddress).Volume, Addresses.Snapshot(targetAddress).SnapshotName);
        OpenSnapshot older = await BaseAsync(baseAddress, cancellationToken);
        OpenVolume volume = targetVolume.Equals(baseVolume) ? older.Volume : await VolumeAsync(targetVolume, cancellationToken);
        var newer = new OpenSnapshot(volume, await SnapshotFinder.FindAsync(volume, targetName, unreadable: false, cancellationToken));
        return newer.Info.Ref.Volume.Equals(older.Info.Ref.Volume)
            ? (older, newer)
            : throw new LineageBrokenException(EngineReason.UnrelatedSnapshots, $"'{baseAddress}' and '{targetAddress}' are snapshots of two different volumes.");
    }

    // Whoever takes increments has to tell this from a mistyped target: it is answered by a full copy.
    private async Task<OpenSnapshot> BaseAsync(string address, CancellationToken cancellationToken)
    {
        try
        {
            return await SnapshotAsync(address, cancellationToken);
        }
        catch (SnapshotNotFoundException missing)
        {
            var error = new ChangeTrackingUnavailableException(
                EngineReason.BaseMissing, $"The base '{missing.Snapshot}' of volume '{missing.Volume}' does not exist or was deleted; name another base, or take a full copy.", missing)
            { Engine = missing.Engine };
            error.Data["hint"] = missing.Data["hint"];
            throw error;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable resource in Enumerable.Reverse(_open))
        {
            await resource.DisposeAsync();
        }

        if (_catalog is not null)
        {
            await _catalog.DisposeAsync();
        }

        if (_ownsOutput)
        {
            await Output.DisposeAsync();
        }
    }

    private void Configure(StorageEnginesOptions options)
    {
        options.UnloadPlugins = false; // The process ends with the command.
        foreach (string directory in StorageEnginesOptions.UsualPluginDirectories())
        {
            options.PluginDirectories.Add(directory);
        }

        foreach (string directory in Get(_options.Plugins) ?? [])
        {
            options.PluginDirectories.Add(Directory.Exists(directory)
                ? Path.GetFullPath(directory)
                : throw new UsageException($"--plugins {directory}: there is no such directory"));
        }

        if (Get(_options.Store) is { Length: 0 })
        {
            throw new UsageException("--store: an empty directory name was given", "name a directory, or leave the option out for the usual one");
        }

        string? store = _store ?? Get(_options.Store) ?? Environment.Variable("STORAGE_ENGINES_STORE");
        Dictionary<string, string> fallback = [];
        if (!string.IsNullOrEmpty(store))
        {
            fallback["store"] = Path.GetFullPath(store);
        }

        if (Get(_options.Reflink) is { } reflink)
        {
            fallback["reflink"] = reflink is "auto" or "always" or "never"
                ? reflink
                : throw new UsageException($"--reflink {reflink}: there is no such mode", "say auto, always or never");
        }

        if (Get(_options.Chunker) is { } chunker)
        {
            fallback["chunker"] = chunker is "auto" or "fixed" or "cdc"
                ? chunker
                : throw new UsageException($"--chunker {chunker}: there is no such mode", "say auto, fixed or cdc");
        }

        if (Get(_options.Walk) is { } walk)
        {
            fallback["walk"] = walk is "auto" or "statx" or "bulkstat"
                ? walk
                : throw new UsageException($"--walk {walk}: there is no such mode", "say auto, statx or bulkstat");
        }

        if (fallback.Count > 0)
        {
            options.Engines["tarrsync"] = fallback;
        }
    }
}
