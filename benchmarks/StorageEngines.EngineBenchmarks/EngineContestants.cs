using System.Text.Json;

namespace StorageEngines.EngineBenchmarks;

/// <summary>Every engine that can take a first snapshot of the workload, as contestants.</summary>
internal static class EngineContestants
{
    public const string Store = "store";

    /// <summary>Takes the first snapshot, <c>first</c>, with each engine, and asks for the contestants of those that could.</summary>
    /// <param name="settings">Where the tool is.</param>
    /// <param name="path">The volume's path.</param>
    /// <param name="folder">The working directory.</param>
    /// <param name="contestants">Gives an engine's contestants: the engine's name, the tool with its options, the volume.</param>
    public static async Task<List<Contestant>> FindAsync(
        BenchmarkSettings settings, string path, string folder, Func<string, string[], string, IEnumerable<Contestant>> contestants)
    {
        string[] tool = [settings.Tool, "--store", Path.Combine(folder, Store), "--json", "--quiet"];
        List<Contestant> found = [];
        using JsonDocument engines = JsonDocument.Parse(await Shell.OutputAsync([.. tool, "engines"], folder));
        foreach (string scheme in engines.RootElement.GetProperty("engines").EnumerateArray().Select(e => e.GetProperty("scheme").GetString()!))
        {
            string volume = $"{scheme}:{path}";
            try
            {
                await Shell.OutputAsync([.. tool, "snapshot", "create", volume + "@first"], folder);
            }
            catch (InvalidOperationException e)
            {
                Console.Error.WriteLine($"{scheme} does not take part: {e.Message}");
                continue;
            }

            found.AddRange(contestants(scheme, tool, volume));
        }

        return found;
    }
}
