using System.Reflection;
using System.Runtime.Loader;

namespace StorageEngines.Hosting;

/// <summary>Which assemblies a plug-in gets from the host: the contract, the Microsoft.Extensions abstractions and the framework; nothing else.</summary>
internal static class HostAssemblies
{
    private const string Contract = "StorageEngines.Abstractions";

    private static readonly Lazy<HashSet<string>> Framework = new(FindFramework);

    /// <summary>True if the host's copy is shared with plug-ins.</summary>
    public static bool IsShared(string name) => name == Contract || (IsSharable(name) && Load(name) is not null);

    /// <summary>True if it belongs to the framework that this process runs on.</summary>
    public static bool IsFramework(string name) => Framework.Value.Contains(name);

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

    private static HashSet<string> FindFramework()
    {
        string[] paths = ((string?)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        string core = Path.GetDirectoryName(typeof(object).Assembly.Location) ?? "";
        string shared = Path.GetDirectoryName(Path.GetDirectoryName(core)) ?? "";
        // A framework-dependent host finds its frameworks side by side below "shared"; in a self-contained one they lie among its own assemblies.
        bool sideBySide = Path.GetFileName(shared) == "shared";
        IEnumerable<string> names = sideBySide
            ? paths.Where(path => path.StartsWith(shared + Path.DirectorySeparatorChar, StringComparison.Ordinal))
                .Select(Path.GetFileNameWithoutExtension).OfType<string>()
            : paths.Select(Path.GetFileNameWithoutExtension).OfType<string>().Where(IsFrameworkName);
        return [.. names];
    }

    private static bool IsFrameworkName(string name)
        => name is "System" or "mscorlib" or "netstandard" or "WindowsBase" or "Microsoft.CSharp" or "Microsoft.VisualBasic" or "Microsoft.VisualBasic.Core"
            || name.StartsWith("System.", StringComparison.Ordinal)
            || name.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);
}
