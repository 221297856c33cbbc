using System.Reflection;
using System.Runtime.Loader;

namespace StorageEngines.Hosting;

/// <summary>Which assemblies a plug-in gets from the host: the contract, the Microsoft.Extensions abstractions and the framework; nothing else.</summary>
internal static class HostAssemblies
{
    private const string Contract = "StorageEngines.Abstractions";

    private static readonly string Platform = Path.PathSeparator + ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "") + Path.PathSeparator;

    // A framework-dependent host finds its frameworks side by side below "shared"; in a self-contained one they lie among its own assemblies.
    private static readonly string? Shared = FindShared();

    /// <summary>True if the host's copy is shared with plug-ins.</summary>
    public static bool IsShared(string name) => name == Contract || (IsSharable(name) && Load(name) is not null);

    /// <summary>True if it belongs to the framework that this process runs on.</summary>
    public static bool IsFramework(string name)
    {
        string file = $"{Path.DirectorySeparatorChar}{name}.dll{Path.PathSeparator}";
        for (int at = Platform.IndexOf(file, StringComparison.Ordinal); at >= 0; at = Platform.IndexOf(file, at + 1, StringComparison.Ordinal))
        {
            ReadOnlySpan<char> path = Platform.AsSpan(0, at);
            path = path[(path.LastIndexOf(Path.PathSeparator) + 1)..];
            if (Shared is null ? IsFrameworkName(name) : path.StartsWith(Shared, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The host's copy, whatever version was asked for; null if it has none.</summary>
    public static Assembly? Load(string name)
    {
        try
        {
            return AssemblyLoadContext.Default.LoadFromAssemblyName(new AssemblyName(name));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private static bool IsSharable(string name)
        => name.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal) && name.EndsWith(".Abstractions", StringComparison.Ordinal);

    private static string? FindShared()
    {
        string core = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
        string shared = Path.GetDirectoryName(Path.GetDirectoryName(core)) ?? "";
        return Path.GetFileName(shared) == "shared" ? shared + Path.DirectorySeparatorChar : null;
    }

    private static bool IsFrameworkName(string name)
        => name is "System" or "mscorlib" or "netstandard" or "WindowsBase" or "Microsoft.CSharp" or "Microsoft.VisualBasic" or "Microsoft.VisualBasic.Core"
            || name.StartsWith("System.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);
}
