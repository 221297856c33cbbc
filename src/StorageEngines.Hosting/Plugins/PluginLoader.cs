using System.Reflection;

namespace StorageEngines.Hosting;

/// <summary>Inspects a plug-in, loads it and makes its factory. If that fails, the context is unloaded again.</summary>
internal static class PluginLoader
{
    public static LoadedPlugin Load(PluginManifest manifest, bool canUnload)
    {
        PluginInspection inspection = PluginInspector.Inspect(manifest);
        var context = new PluginLoadContext(manifest, canUnload);
        try
        {
            CheckReferences(manifest, inspection, context);
            IStorageEngineFactory factory = MakeFactory(manifest.EntryAssembly, FactoryType(manifest, inspection, context));
            return new LoadedPlugin(context, factory, inspection.Contract, AskFactory(manifest, factory));
        }
        catch
        {
            if (canUnload)
            {
                context.Unload();
            }

            throw;
        }
    }

    private static void CheckReferences(PluginManifest manifest, PluginInspection inspection, PluginLoadContext context)
    {
        foreach ((string name, Version version) in inspection.References)
        {
            if (HostAssemblies.IsShared(name))
            {
                Version? ours = HostAssemblies.Load(name)?.GetName().Version;
                if (ours < version)
                {
                    throw new PluginException(
                        PluginFault.SharedTooOld, manifest.EntryAssembly,
                        $"needs {name} {version}, which the host shares with it, but has only as {ours}. Update the host.");
                }
            }
            else if (!HostAssemblies.IsFramework(name) && context.Locate(new AssemblyName { Name = name, Version = version }) is null)
            {
                throw new PluginException(
                    PluginFault.MissingDependency, manifest.EntryAssembly,
                    $"needs {name} {version}, which is not in its folder. Put it there; the host's own assemblies are not lent out.");
            }
        }
    }

    private static Type FactoryType(PluginManifest manifest, PluginInspection inspection, PluginLoadContext context)
    {
        string path = manifest.EntryAssembly;
        Type? type;
        try
        {
            Assembly assembly = context.Open(path);
            type = inspection.FactoryToken == 0 ? assembly.GetType(inspection.FactoryType, throwOnError: true) : assembly.ManifestModule.ResolveType(inspection.FactoryToken);
        }
        catch (Exception e) when (e is TypeLoadException or ArgumentException or IOException or BadImageFormatException or ReflectionTypeLoadException)
        {
            throw new PluginException(PluginFault.LoadFailed, path, $"cannot be loaded: {e.Message}", e);
        }

        bool usable = type is { IsVisible: true, IsAbstract: false } && typeof(IStorageEngineFactory).IsAssignableFrom(type)
            && type.GetConstructor(Type.EmptyTypes) is not null;
        return usable ? type! : throw new PluginException(
            PluginFault.NoFactory, path,
            $"names {inspection.FactoryType} as its factory; that has to be a public class with a public constructor without parameters "
            + $"that implements {nameof(IStorageEngineFactory)}.");
    }

    private static IStorageEngineFactory MakeFactory(string path, Type type)
    {
        try
        {
            return (IStorageEngineFactory)Activator.CreateInstance(type)!;
        }
        catch (TargetInvocationException e)
        {
            Exception cause = e.InnerException ?? e;
            throw new PluginException(PluginFault.FactoryThrew, path,
                $"failed in the constructor of {type.FullName}: {cause.GetType().Name}: {cause.Message}", cause);
        }
    }

    // The settings are copied: a list of the plug-in's own type would keep it loaded.
    private static EngineSetting[] AskFactory(PluginManifest manifest, IStorageEngineFactory factory)
    {
        string scheme;
        EngineSetting[] settings;
        try
        {
            (scheme, settings) = (factory.Scheme, [.. factory.Settings]);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            throw new PluginException(
                PluginFault.FactoryThrew, manifest.EntryAssembly, $"failed when it was asked for its scheme and settings: {e.GetType().Name}: {e.Message}", e);
        }

        return scheme == manifest.Id ? settings : throw new PluginException(
            PluginFault.ManifestMismatch, manifest.EntryAssembly,
            $"has the scheme '{scheme}', but its {PluginManifest.FileName} the id '{manifest.Id}'; they have to be the same.");
    }
}
