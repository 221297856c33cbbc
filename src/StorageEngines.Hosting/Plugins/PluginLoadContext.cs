using System.Reflection;
using System.Runtime.Loader;

namespace StorageEngines.Hosting;

/// <summary>
/// A plug-in's own world: its assemblies and their private dependencies. One that can be unloaded loads assemblies from memory, not by path: a mapped file
/// that is overwritten kills the process. One that stays maps them, for the sake of their precompiled code.
/// </summary>
internal sealed class PluginLoadContext : AssemblyLoadContext
{
    private readonly string _entry;
    private readonly string _folder;
    private AssemblyDependencyResolver? _resolver;
    private bool? _hasRuntimes;

    public PluginLoadContext(PluginManifest manifest, bool canUnload)
        : base($"{manifest.Id} {manifest.Version}", isCollectible: canUnload)
    {
        _entry = manifest.EntryAssembly;
        _folder = manifest.Folder;
    }

    // What is for some systems or processors only lies here; which one, is for the resolver to say.
    private bool HasRuntimes => _hasRuntimes ??= Directory.Exists(Path.Combine(_folder, "runtimes"));

    // Made when it is asked: most plug-ins have no dependency of their own, and to read their .deps.json takes longer than to load them.
    private AssemblyDependencyResolver Resolver
    {
        get
        {
            try
            {
                return _resolver ??= new AssemblyDependencyResolver(_entry);
            }
            catch (InvalidOperationException e)
            {
                throw new PluginException(PluginFault.LoadFailed, _entry, $"has a .deps.json that the runtime cannot read: {e.Message}", e);
            }
        }
    }

    /// <summary>Where a private dependency lies in the plug-in's folder; null if it is not there.</summary>
    public string? Locate(AssemblyName name)
    {
        string? beside = Path.Combine(_folder, name.Name + ".dll");
        beside = File.Exists(beside) ? beside : null;
        bool isPlain = !HasRuntimes && string.IsNullOrEmpty(name.CultureName) && (beside is not null || HostAssemblies.IsFramework(name.Name ?? ""));
        return isPlain ? beside : Resolver.ResolveAssemblyToPath(name) ?? beside;
    }

    /// <summary>Loads an assembly of the plug-in, with its symbols if they are there.</summary>
    public Assembly Open(string path)
    {
        if (!IsCollectible)
        {
            return LoadFromAssemblyPath(path);
        }

        using var image = new MemoryStream(File.ReadAllBytes(path));
        string symbols = Path.ChangeExtension(path, ".pdb");
        if (!File.Exists(symbols))
        {
            return LoadFromStream(image);
        }

        using var debug = new MemoryStream(File.ReadAllBytes(symbols));
        return LoadFromStream(image, debug);
    }

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string name = assemblyName.Name ?? "";
        if (HostAssemblies.IsShared(name))
        {
            return HostAssemblies.Load(name);
        }

        if (Locate(assemblyName) is { } path)
        {
            return Open(path);
        }

        // Null hands the question to the default context, and with it the host's private copy of whatever has that name: for the framework only.
        return HostAssemblies.IsFramework(name)
            ? null
            : throw new FileNotFoundException(
                $"'{assemblyName}' is neither in the plug-in's folder '{_folder}' nor shared by the host nor part of the framework.", name + ".dll");
    }

    /// <inheritdoc/>
    protected override nint LoadUnmanagedDll(string unmanagedDllName)
    {
        // A plug-in's native libraries lie below "runtimes", as its .deps.json says, or beside it.
        string? path = HasRuntimes ? Resolver.ResolveUnmanagedDllToPath(unmanagedDllName) : null;
        foreach (string name in (string[])[unmanagedDllName, $"lib{unmanagedDllName}.so", $"{unmanagedDllName}.so"])
        {
            string beside = Path.Combine(_folder, name);
            path ??= File.Exists(beside) ? beside : null;
        }

        return path is null ? 0 : LoadUnmanagedDllFromPath(path);
    }
}
