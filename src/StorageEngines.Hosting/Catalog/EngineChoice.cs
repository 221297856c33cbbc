namespace StorageEngines.Hosting;

/// <summary>Chooses among the sources, and says what there is if the choice is empty.</summary>
internal static class EngineChoice
{
    /// <summary>The sources for a scheme, highest version first; one if a version is given.</summary>
    /// <exception cref="StorageEngineException">There are none; or a plug-in that could not be examined is the one that was meant.</exception>
    public static IReadOnlyList<EngineSource> Candidates(CatalogState state, string scheme, string? version)
    {
        PluginVersion? wanted = null;
        if (version is not null && !PluginVersion.TryParse(version, out wanted))
        {
            throw new StorageEngineException(EngineStatus.InvalidArgument, EngineReason.None, Recovery.FixRequest,
                $"'{version}' is not a version; write for example 1.2.3.");
        }

        var candidates = new List<EngineSource>();
        foreach (EngineSource source in state.Sources)
        {
            if (source.Scheme == scheme && (wanted is null || source.Version.Equals(wanted)))
            {
                candidates.Add(source);
            }
        }

        return candidates.Count > 0 ? candidates : throw NoSuchEngine(state, scheme, version);
    }

    public static StorageEngineException NoSuchEngine(CatalogState state, string scheme, string? version)
    {
        string asked = version is null ? $"'{scheme}'" : $"'{scheme}' of version {version}";
        string failures = state.Failures.Count == 0
            ? ""
            : $" {state.Failures.Count} plug-in(s) could not be used: {string.Join(" ", state.Failures.Select(failure => failure.Message))}";
        return new StorageEngineException(
            EngineStatus.NotFound, EngineReason.None, Recovery.FixRequest, $"There is no engine {asked}. Available: {List(state.Sources)}.{failures}");
    }

    public static string List(IReadOnlyList<EngineSource> sources)
        => sources.Count == 0 ? "none" : string.Join(", ", sources.Select(source => source.ToString()));
}
