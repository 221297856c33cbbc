using StorageEngines.Cli.Errors;
using StorageEngines.Cli.Output;
using StorageEngines.Cli.Syntax;
using StorageEngines.Cli.Volumes;
using StorageEngines.Hosting;

namespace StorageEngines.Cli.Commands;

/// <summary><c>engines</c>, <c>probe</c> and <c>volumes</c>.</summary>
internal static class EngineCommands
{
    internal static Command Engines(CliApplication application)
        => application.Define(new Command("engines", "List the engines that were found, and the plug-ins that did not load"), async (session, cancellationToken) =>
        {
            IReadOnlyList<EngineDescriptor> engines = await session.Catalog.ListAsync(cancellationToken);
            IReadOnlyList<PluginFailure> failures = session.Catalog.Failures;
            if (session.Output.IsJson)
            {
                session.Output.Document(json => EngineJson.Write(session.Output, json, engines, failures));
                return ExitCode.Ok;
            }

            session.Output.Table(
                ["ENGINE", "VERSION", "CONTRACT", "ORIGIN", "DESCRIPTION"],
                [.. engines.Select(engine => (string[])[engine.Scheme, engine.Version, engine.Contract, engine.Origin, engine.Description])]);
            foreach (PluginFailure failure in failures)
            {
                session.Warn($"plug-in {failure.Path} did not load ({failure.Fault}): {failure.Message}");
            }

            return ExitCode.Ok;
        });

    internal static Command Probe(CliApplication application)
    {
        var volume = new Argument<string?>("VOLUME") { Description = "A volume's address; without one, every engine is asked about its back end", MayBeEmpty = true };
        var command = new Command("probe", "Check the engines' back ends, or say what can be done with a volume") { volume };
        return application.Define(command, (session, cancellationToken) => session.Get(volume) is { } address
            ? ProbeVolumeAsync(session, address, cancellationToken)
            : ProbeEnginesAsync(session, cancellationToken));
    }

    internal static Command Volumes(CliApplication application)
    {
        var scheme = new Argument<string?>("ENGINE") { Description = "Only this engine's volumes", MayBeEmpty = true };
        var command = new Command("volumes", "List the volumes that the engines know of") { scheme };
        return application.Define(command, async (session, cancellationToken) =>
        {
            var volumes = new List<VolumeInfo>();
            foreach (string name in await SchemesAsync(session, session.Get(scheme), cancellationToken))
            {
                await using IStorageEngine engine = session.Catalog.OpenEngine(name);
                try
                {
                    volumes.AddRange(await engine.ListVolumesAsync(cancellationToken).ToListAsync(cancellationToken));
                }
                catch (StorageEngineException error) when (session.Get(scheme) is null)
                {
                    session.Warn($"{name}: {error.Message}");
                }
            }

            volumes.Sort((a, b) => (a.Ref.Engine, a.Location).CompareTo((b.Ref.Engine, b.Location)));
            if (session.Output.IsJson)
            {
                session.Output.Document(json => EngineJson.Write(session.Output, json, volumes));
                return ExitCode.Ok;
            }

            session.Output.Table(
                ["ENGINE", "KIND", "CAPACITY ", "LOCATION", "ID"],
                [.. volumes.Select(v => (string[])[v.Ref.Engine, Words.Of(v.Kind), v.CapacityBytes is { } size ? Sizes.Bytes(size) : "-", v.Location.ToString(), v.Ref.Id])]);
            return ExitCode.Ok;
        });
    }

    private static async Task<IReadOnlyList<string>> SchemesAsync(CliSession session, string? only, CancellationToken cancellationToken)
    {
        string[] schemes = [.. (await session.Catalog.ListAsync(cancellationToken)).Select(engine => engine.Scheme).Distinct()];
        if (only is null)
        {
            return schemes;
        }

        return schemes.Contains(only)
            ? [only]
            : throw new UsageException($"there is no engine '{only}'", Suggestions.Hint(only, schemes) ?? "'engines' lists those that were found");
    }

    private static async Task<int> ProbeEnginesAsync(CliSession session, CancellationToken cancellationToken)
    {
        var results = new List<(string Engine, EngineProbe? Probe, CliError? Error)>();
        foreach (string scheme in await SchemesAsync(session, null, cancellationToken))
        {
            await using IStorageEngine engine = session.Catalog.OpenEngine(scheme);
            try
            {
                results.Add((scheme, await engine.ProbeAsync(cancellationToken), null));
            }
            catch (StorageEngineException error)
            {
                results.Add((scheme, null, ErrorMapping.Map(error, verbose: false)));
            }
        }

        if (session.Output.IsJson)
        {
            session.Output.Document(json => EngineJson.Write(session.Output, json, results));
            return ExitCode.Ok;
        }

        session.Output.Table(
            ["ENGINE", "USABLE", "BACK END", "NOTES"],
            [.. results.Select(r => (string[])[r.Engine, r.Probe is null ? "no" : "yes", r.Probe?.Version ?? "-", r.Probe is { } probe ? string.Join("; ", probe.Notes) : r.Error!.Message])]);
        return ExitCode.Ok;
    }

    private static async Task<int> ProbeVolumeAsync(CliSession session, string address, CancellationToken cancellationToken)
    {
        OpenVolume volume = await session.VolumeAsync(address, cancellationToken);
        EngineCapabilities capabilities = await volume.Engine.GetCapabilitiesAsync(volume.Info.Ref, cancellationToken);
        if (session.Output.IsJson)
        {
            session.Output.Document(json => EngineJson.Write(session.Output, json, volume.Info, capabilities));
            return ExitCode.Ok;
        }

        var rows = new List<string[]>
        {
            new[] { "engine", volume.Engine.Name },
            new[] { "volume", volume.Info.Location.ToString() },
            new[] { "id", volume.Info.Ref.Id },
            new[] { "kind", Words.Of(volume.Info.Kind) },
            new[] { "capacity", volume.Info.CapacityBytes is { } size ? Sizes.Exact(size) : "-" },
            new[] { "can", string.Join(", ", Words.Of(capabilities.Flags)) },
        };
        if (capabilities.Delta is { } delta)
        {
            rows.Add(["changes known in steps of", Sizes.Bytes(delta.GranularityBytes)]);
            rows.Add(["changes are", delta.Exactness == Exactness.Exact ? "exact" : "never too few, perhaps too many"]);
            rows.Add(["base's data must exist", delta.BaseDataMustExist ? "yes" : "no"]);
        }

        session.Output.Table(["PROPERTY", "VALUE"], rows);
        return ExitCode.Ok;
    }
}
