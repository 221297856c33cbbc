using System.CommandLine;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Volumes;
using StorageEngines.Hosting;

namespace StorageEngines.Cli;

/// <summary>One run of one command: its output and, when it asks, the engines.</summary>
internal sealed class CliSession : IAsyncDisposable
{
    private readonly ParseResult _parse;
    private readonly GlobalOptions _options;
    private readonly List<IAsyncDisposable> _open = [];
    private IStorageEngineCatalog? _catalog;

    internal CliSession(CliEnvironment environment, GlobalOptions options, ParseResult parse)
    {
        Environment = environment;
        _options = options;
        _parse = parse;
        bool quiet = parse.GetValue(options.Quiet);
        bool color = !parse.GetValue(options.NoColor) && string.IsNullOrEmpty(environment.Variable("NO_COLOR"));
        Output = new CliOutput(environment, parse.GetValue(options.Json), quiet, color);
        Progress = new ProgressDisplay(environment, quiet || parse.GetValue(options.Json), color);
    }

    internal CliEnvironment Environment { get; }

    internal CliOutput Output { get; }

    internal ProgressDisplay Progress { get; }

    /// <summary>A store that takes precedence over the options and the environment: the demo's own. Set before the first use of an engine.</summary>
    internal string? StoreOverride { get; set; }

    internal IStorageEngineCatalog Catalog => _catalog ??= Environment.Catalog(Configure);

    internal T? Get<T>(Option<T> option) => _parse.GetValue(option);

    internal T? Get<T>(Argument<T> argument) => _parse.GetValue(argument);

    /// <summary>Tells a person something on standard error that is not the result.</summary>
    internal void Warn(string text)
    {
        if (!Output.IsQuiet && !Output.IsJson)
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
        return volume;
    }

    /// <summary>Finds a snapshot by <c>VOLUME@NAME</c>.</summary>
    internal async Task<OpenSnapshot> SnapshotAsync(string address, CancellationToken cancellationToken)
    {
        SnapshotAddress parsed = Addresses.Snapshot(address);
        OpenVolume volume = await VolumeAsync(parsed.Volume, cancellationToken);
        return new OpenSnapshot(volume, await SnapshotFinder.FindAsync(volume, parsed.SnapshotName, cancellationToken));
    }

    /// <summary>Finds a base and a target; the target may be <c>@NAME</c>, of the same volume.</summary>
    internal async Task<(OpenSnapshot Base, OpenSnapshot Target)> PairAsync(string baseAddress, string targetAddress, CancellationToken cancellationToken)
    {
        OpenSnapshot older = await SnapshotAsync(baseAddress, cancellationToken);
        if (targetAddress.StartsWith('@'))
        {
            return (older, older with { Info = await SnapshotFinder.FindAsync(older.Volume, Addresses.Name(targetAddress[1..]), cancellationToken) });
        }

        SnapshotAddress parsed = Addresses.Snapshot(targetAddress);
        OpenVolume volume = parsed.Volume.ToString() == Addresses.Snapshot(baseAddress).Volume.ToString()
            ? older.Volume
            : await VolumeAsync(parsed.Volume, cancellationToken);
        var newer = new OpenSnapshot(volume, await SnapshotFinder.FindAsync(volume, parsed.SnapshotName, cancellationToken));
        return newer.Info.Ref.Volume.Equals(older.Info.Ref.Volume)
            ? (older, newer)
            : throw new LineageBrokenException(EngineReason.UnrelatedSnapshots, $"'{baseAddress}' and '{targetAddress}' are snapshots of two different volumes.");
    }

    /// <summary>Remembers something to dispose at the end, before the catalogue.</summary>
    internal T Own<T>(T resource)
        where T : IAsyncDisposable
    {
        _open.Add(resource);
        return resource;
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

        await Output.DisposeAsync();
    }

    private void Configure(StorageEnginesOptions options)
    {
        options.PluginDirectories.Add(Path.Combine(AppContext.BaseDirectory, "plugins"));
        string[] named = (Environment.Variable("STORAGE_ENGINES_PLUGINS") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries);
        foreach (string directory in named.Concat(Get(_options.Plugins) ?? []))
        {
            options.PluginDirectories.Add(Path.GetFullPath(directory));
        }

        string? store = StoreOverride ?? Get(_options.Store) ?? Environment.Variable("STORAGE_ENGINES_STORE");
        if (!string.IsNullOrEmpty(store))
        {
            options.Engines["tarrsync"] = new Dictionary<string, string> { ["store"] = Path.GetFullPath(store) };
        }
    }
}
