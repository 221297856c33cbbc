namespace StorageEngines.Hosting;

/// <summary>Calls factories: with their settings checked, and with their failures turned into errors that name them.</summary>
internal sealed class EngineOpener(Lazy<StorageEnginesOptions> options, HostSeams seams)
{
    /// <summary>Loads a plug-in if that was not done yet.</summary>
    /// <returns>False if it cannot be loaded or was retired.</returns>
    public static bool TryLoad(EngineSource source)
    {
        try
        {
            if (source.Acquire() is null)
            {
                return false;
            }

            source.Release();
            return true;
        }
        catch (PluginException)
        {
            // It is among the catalogue's failures now, with its reason.
            return false;
        }
    }

    /// <summary>Opens an engine; null if the source was retired meanwhile.</summary>
    public IStorageEngine? TryOpen(EngineSource source, VolumeAddress address)
    {
        if (source.Acquire() is not { } factory)
        {
            return null;
        }

        try
        {
            EngineContext context = Context(source.Scheme, address);
            IReadOnlyList<string> problems = EngineSettingRules.Problems(source.Scheme, context.Settings, source.Settings);
            return problems.Count > 0 ? throw Wrong(source, string.Join(" ", problems), null) : new LeasedEngine(Create(source, factory, context), source);
        }
        catch
        {
            source.Release();
            throw;
        }
    }

    /// <summary>The seams for an address, with the configured settings and over them the address's own.</summary>
    public EngineContext Context(string scheme, VolumeAddress address)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal);
        if (options.Value.Engines.TryGetValue(scheme, out IDictionary<string, string>? configured))
        {
            foreach ((string name, string value) in configured)
            {
                settings[name] = value;
            }
        }

        foreach ((string name, string value) in address.Settings)
        {
            settings[name] = value;
        }

        return new EngineContext(seams.Commands.Get(address), seams.Http, seams.Secrets, seams.Time, settings);
    }

    /// <summary>What is wrong with the configured settings of these engines.</summary>
    public IEnumerable<string> ConfigurationProblems(IEnumerable<EngineDescriptor> engines)
        => engines.Where(engine => options.Value.Engines.ContainsKey(engine.Scheme))
            .SelectMany(engine => EngineSettingRules.Problems(engine.Scheme, options.Value.Engines[engine.Scheme].AsReadOnly(), engine.Settings));

    private static IStorageEngine Create(EngineSource source, IStorageEngineFactory factory, EngineContext context)
    {
        try
        {
            return factory.Create(context);
        }
        catch (ArgumentException e)
        {
            throw Wrong(source, $"The engine '{source.Scheme}' refuses its settings: {e.Message}", e);
        }
        catch (Exception e) when (e is not (StorageEngineException or OutOfMemoryException))
        {
            throw new PluginException(PluginFault.FactoryThrew, source.Origin,
                $"failed to make the engine '{source.Scheme}': {e.GetType().Name}: {e.Message}", e);
        }
    }

    private static StorageEngineException Wrong(EngineSource source, string message, Exception? cause)
        => new(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest, message, cause) { Engine = source.Scheme };
}
