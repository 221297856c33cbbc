using System.Reflection;
using System.Runtime.InteropServices;

namespace StorageEngines.CephRbd.Hosts.Native;

/// <summary>Finds librados and librbd where the system keeps them, at run time: they need not be there.</summary>
internal static class CephLibraries
{
    /// <summary>The name that the imports have for librados.</summary>
    internal const string Rados = "librados";

    /// <summary>The name that the imports have for librbd.</summary>
    internal const string Rbd = "librbd";

    private const string RadosFile = "librados.so.2";
    private const string RbdFile = "librbd.so.1";

    private static readonly Lazy<(nint Rados, nint Rbd, string? Missing)> _loaded = new(Load);

    /// <summary>Why they cannot be used, for people; null if they can.</summary>
    internal static string? WhyMissing => _loaded.Value.Missing;

    /// <summary>Whether this release of librbd has a function.</summary>
    /// <param name="function">Its name in C.</param>
    internal static bool Has(string function) => WhyMissing is null && NativeLibrary.TryGetExport(_loaded.Value.Rbd, function, out _);

    private static (nint Rados, nint Rbd, string? Missing) Load()
    {
        NativeLibrary.SetDllImportResolver(typeof(CephLibraries).Assembly, Resolve);
        return !NativeLibrary.TryLoad(RadosFile, out nint rados) ? (0, 0, $"{RadosFile} is not installed")
            : !NativeLibrary.TryLoad(RbdFile, out nint rbd) ? (0, 0, $"{RbdFile} is not installed") : (rados, rbd, null);
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath) => name switch
    {
        Rados => _loaded.Value.Rados,
        Rbd => _loaded.Value.Rbd,
        _ => 0,
    };
}
