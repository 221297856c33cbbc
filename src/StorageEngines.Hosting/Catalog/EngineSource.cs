using System.Runtime.CompilerServices;

namespace StorageEngines.Hosting;

/// <summary>One version of one engine: where it comes from, how many use it, and its end.</summary>
/// <remarks>Safe for use by several threads. Everything of the plug-in's own types is reached through here, so that nothing else keeps it loaded.</remarks>
internal sealed class EngineSource
{
    private readonly Lock _gate = new();
    private readonly PluginManifest? _manifest;
    private readonly bool _canUnload;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IStorageEngineFactory? _factory;
    private PluginLoadContext? _context;
    private int _users;
    private bool _retired;

    public EngineSource(PluginManifest manifest, string fingerprint, bool canUnload)
    {
        _canUnload = canUnload;
        _manifest = manifest;
        Fingerprint = fingerprint;
        (Scheme, Version, Origin, Description) = (manifest.Id, manifest.Version, manifest.Folder, manifest.Description);
        Contract = manifest.MaxContract.ToString();
    }

    public EngineSource(IStorageEngineFactory builtIn, PluginVersion version)
    {
        _factory = builtIn;
        (Scheme, Version, Origin, Description, Fingerprint) = (builtIn.Scheme, version, "built in", "", "");
        Contract = EngineContract.Version;
        Settings = [.. builtIn.Settings];
    }

    public string Scheme { get; }

    public PluginVersion Version { get; }

    public string Origin { get; }

    public string Description { get; }

    /// <summary>The contract that it was built for; before it is loaded, what its manifest says.</summary>
    public string Contract { get; private set; }

    /// <summary>What it can be told; empty before it is loaded.</summary>
    public IReadOnlyList<EngineSetting> Settings { get; private set; } = [];

    public string Fingerprint { get; }

    public bool IsBuiltIn => _manifest is null;

    /// <summary>Why it could not be loaded; null if it could or was not tried yet.</summary>
    public PluginFailure? Failure { get; private set; }

    /// <summary>Ends when it is retired and nobody uses it any more.</summary>
    public Task Drained => _drained.Task;

    /// <summary>The load context, for the proof that it is collected.</summary>
    public WeakReference? ContextReference { get; private set; }

    public int OpenEngines
    {
        get
        {
            lock (_gate)
            {
                return _users;
            }
        }
    }

    public override string ToString() => $"{Scheme} {Version}";

    /// <summary>Takes the factory into use, loading it if that was not done yet. Each success is followed by one <see cref="Release"/>.</summary>
    /// <returns>The factory, or null if the source was retired meanwhile.</returns>
    /// <exception cref="PluginException">It cannot be loaded.</exception>
    public IStorageEngineFactory? Acquire()
    {
        lock (_gate)
        {
            if (_retired)
            {
                return null;
            }

            if (Failure is { } failure)
            {
                throw new PluginException(failure);
            }

            if (_factory is null)
            {
                Load();
            }

            _users++;
            return _factory;
        }
    }

    public void Release()
    {
        lock (_gate)
        {
            _users--;
            UnloadIfUnused();
        }
    }

    /// <summary>No new use from now on; unloaded at once or with the last <see cref="Release"/>.</summary>
    public void Retire()
    {
        lock (_gate)
        {
            _retired = true;
            UnloadIfUnused();
        }
    }

    private void Load()
    {
        try
        {
            LoadedPlugin plugin = PluginLoader.Load(_manifest!, _canUnload);
            (_context, _factory, Settings, Contract) = (plugin.Context, plugin.Factory, plugin.Settings, plugin.Contract.ToString());
            ContextReference = new WeakReference(_context);
        }
        catch (PluginException e)
        {
            // Only the words are kept: the exception may be of the plug-in's own types.
            Failure = PluginFailure.From(e);
            throw;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void UnloadIfUnused()
    {
        if (!_retired || _users > 0)
        {
            return;
        }

        _factory = null;
        if (_canUnload)
        {
            _context?.Unload();
        }

        _context = null;
        _drained.TrySetResult();
    }
}
