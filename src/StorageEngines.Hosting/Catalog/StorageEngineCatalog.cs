using Microsoft.Extensions.Options;

namespace StorageEngines.Hosting;

/// <summary>The catalogue; see the interface.</summary>
internal sealed class StorageEngineCatalog : IStorageEngineCatalog
{
    private readonly Lock _gate = new();
    private readonly IReadOnlyList<EngineSource> _builtIn;
    private readonly Lazy<StorageEnginesOptions> _options;
    private readonly EngineOpener _opener;
    private readonly VolumeDetector _detector;
    private CatalogState? _state;
    private bool _disposed;

    public StorageEngineCatalog(IOptions<StorageEnginesOptions> options, IEnumerable<BuiltInEngine> builtIn, HostSeams seams)
    {
        _options = new Lazy<StorageEnginesOptions>(() => options.Value);
        _builtIn = [.. builtIn.Select(engine => new EngineSource(engine.Factory, engine.Version))];
        _opener = new EngineOpener(_options, seams);
        _detector = new VolumeDetector(_opener);
    }

    public IReadOnlyList<PluginFailure> Failures
    {
        get
        {
            CatalogState state = State();
            return [.. state.Failures, .. state.Sources.Select(source => source.Failure).OfType<PluginFailure>()];
        }
    }

    /// <summary>What ends with the catalogue; null if somebody else looks after that.</summary>
    internal IAsyncDisposable? Owned { get; init; }

    /// <summary>The sources, for tests of unloading.</summary>
    internal IReadOnlyList<EngineSource> Sources => State().Sources;

    public ValueTask<IReadOnlyList<EngineDescriptor>> ListAsync(CancellationToken cancellationToken = default)
    {
        var engines = new List<EngineDescriptor>();
        foreach (EngineSource source in State().Sources)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (EngineOpener.TryLoad(source))
            {
                bool isDefault = engines.TrueForAll(engine => engine.Scheme != source.Scheme);
                engines.Add(new EngineDescriptor(
                    source.Scheme, source.Version.ToString(), source.Origin, source.Contract, source.Description,
                    source.Settings, isDefault, source.OpenEngines));
            }
        }

        return new ValueTask<IReadOnlyList<EngineDescriptor>>(engines);
    }

    public async ValueTask<IReadOnlyList<string>> CheckConfigurationAsync(CancellationToken cancellationToken = default)
    {
        IReadOnlyList<EngineDescriptor> engines = await ListAsync(cancellationToken).ConfigureAwait(false);
        return [.. _opener.ConfigurationProblems(engines.Where(engine => engine.IsDefault))];
    }

    public IStorageEngine OpenEngine(string scheme, string? version = null, IReadOnlyDictionary<string, string>? settings = null)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        var local = new VolumeAddress { Scheme = scheme, Settings = settings ?? new Dictionary<string, string>() };
        return Open(local, scheme, version);
    }

    public IStorageEngine OpenEngine(VolumeAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        return Open(address, address.Scheme ?? throw new ArgumentException($"'{address}' names no engine; begin it with SCHEME:.", nameof(address)), version: null);
    }

    public async ValueTask<ResolvedVolume> ResolveAsync(VolumeAddress address, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(address);
        VolumeAddress absolute = LocalPaths.MakeAbsolute(address);
        IReadOnlyList<string> notes = [];
        string? scheme = absolute.Scheme;
        if (scheme is null)
        {
            (scheme, notes) = await _detector.DetectAsync(absolute.Location, State().Sources, cancellationToken).ConfigureAwait(false);
        }

        IStorageEngine engine = Open(absolute, scheme, version: null);
        try
        {
            VolumeInfo volume = await engine.ResolveVolumeAsync(absolute.Location, cancellationToken).ConfigureAwait(false);
            return new ResolvedVolume(engine, volume, notes);
        }
        catch
        {
            await engine.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask<ReloadResult> ReloadAsync(CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        lock (_gate)
        {
            CatalogState before = State();
            CatalogState after = CatalogState.Find(_builtIn, _options.Value, before);
            EngineSource[] retired = [.. before.Sources.Except(after.Sources)];
            _state = after;
            Array.ForEach(retired, source => source.Retire());
            return new ValueTask<ReloadResult>(new ReloadResult(
                [.. after.Sources.Except(before.Sources).Select(source => source.ToString())],
                [.. retired.Select(source => source.ToString())],
                Task.WhenAll(retired.Select(source => source.Drained))));
        }
    }

    public Task RetireAsync(string scheme, string version, CancellationToken cancellationToken = default)
    {
        EngineSource source;
        lock (_gate)
        {
            CatalogState state = State();
            source = EngineChoice.Candidates(state, scheme, version)[0];
            if (source.IsBuiltIn)
            {
                throw new StorageEngineException(
                    EngineStatus.FailedPrecondition, EngineReason.None, Recovery.FixRequest, $"The engine {source} is built in and cannot be unloaded.");
            }

            _state = state with { Sources = [.. state.Sources.Where(other => other != source)] };
        }

        source.Retire();
        return source.Drained.WaitAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (EngineSource source in _state?.Sources ?? [])
            {
                source.Retire();
            }

            _state = null;
        }

        if (Owned is not null)
        {
            await Owned.DisposeAsync().ConfigureAwait(false);
        }
    }

    private CatalogState State()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, typeof(IStorageEngineCatalog));
            return _state ??= CatalogState.Find(_builtIn, _options.Value, null);
        }
    }

    private IStorageEngine Open(VolumeAddress address, string scheme, string? version)
    {
        while (true)
        {
            CatalogState state = State();
            PluginException? firstFailure = null;
            foreach (EngineSource source in EngineChoice.Candidates(state, scheme, version))
            {
                try
                {
                    if (_opener.TryOpen(source, address) is { } engine)
                    {
                        return engine;
                    }
                }
                catch (PluginException e) when (version is null && source.Failure is not null)
                {
                    // An older version that loads is better than none; the failure of the newer one stays among Failures.
                    firstFailure ??= e;
                }
            }

            if (firstFailure is not null)
            {
                throw firstFailure;
            }

            // All were retired while we looked. If others have come in their place, look among those.
            if (ReferenceEquals(state, State()))
            {
                throw EngineChoice.NoSuchEngine(state, scheme, version);
            }
        }
    }
}
