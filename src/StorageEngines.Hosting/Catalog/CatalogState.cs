using System.Globalization;
using System.Text;

namespace StorageEngines.Hosting;

/// <summary>What was found at one time. Immutable; a reload makes a new one.</summary>
internal sealed record CatalogState(IReadOnlyList<EngineSource> Sources, IReadOnlyList<PluginFailure> Failures)
{
    private const int MaxFiles = 10_000;

    /// <summary>Looks for plug-ins. A source of the previous state is kept if nothing of it changed.</summary>
    public static CatalogState Find(IEnumerable<EngineSource> builtIn, StorageEnginesOptions options, CatalogState? previous)
    {
        (IReadOnlyList<PluginManifest> manifests, IReadOnlyList<PluginFailure> failures) = PluginDiscovery.Search(options.PluginDirectories);
        var allFailures = new List<PluginFailure>(failures);
        var sources = new List<EngineSource>(builtIn);
        foreach (PluginManifest manifest in manifests)
        {
            if (sources.Exists(source => source.Scheme == manifest.Id && source.Version.Equals(manifest.Version)))
            {
                allFailures.Add(PluginFailure.From(new PluginException(
                    PluginFault.Duplicate, manifest.Folder, $"is {manifest.Id} {manifest.Version}, which is built into this host; remove it.")));
                continue;
            }

            // What stays in memory is not loaded again, whatever becomes of its files.
            string fingerprint = options.UnloadPlugins ? Fingerprint(manifest) : manifest.ToString();
            EngineSource? kept = previous?.Sources.FirstOrDefault(source => source.Failure is null && source.Fingerprint == fingerprint);
            sources.Add(kept ?? new EngineSource(manifest, fingerprint, options.UnloadPlugins));
        }

        if (sources.Count > 1)
        {
            sources.Sort(static (a, b) => string.CompareOrdinal(a.Scheme, b.Scheme) is var order and not 0 ? order : b.Version.CompareTo(a.Version));
        }

        return new CatalogState(sources, allFailures);
    }

    /// <summary>Changes whenever a file of the plug-in does, judged by name, size and time.</summary>
    private static string Fingerprint(PluginManifest manifest)
    {
        var text = new StringBuilder(manifest.ToString());
        IEnumerable<FileInfo> files = new DirectoryInfo(manifest.Folder).EnumerateFiles("*", SearchOption.AllDirectories).Take(MaxFiles);
        foreach (FileInfo file in files.OrderBy(f => f.FullName, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"\0{file.FullName}\0{file.Length}\0{file.LastWriteTimeUtc.Ticks}");
        }

        return text.ToString();
    }
}
