using System.Reflection;

namespace StorageEngines.Hosting;

/// <summary>An engine that is part of the program.</summary>
internal sealed record BuiltInEngine(IStorageEngineFactory Factory, PluginVersion Version)
{
    public static BuiltInEngine From(IStorageEngineFactory factory)
    {
        Assembly assembly = factory.GetType().Assembly;
        string? informational = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return PluginVersion.TryParse(informational?.Split('+')[0], out PluginVersion? version)
            || PluginVersion.TryParse(assembly.GetName().Version?.ToString(), out version)
            ? new BuiltInEngine(factory, version)
            : throw new InvalidOperationException($"The assembly {assembly.GetName().Name} has no version.");
    }
}
