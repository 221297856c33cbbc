using System.Diagnostics;

namespace StorageEngines.EngineBenchmarks;

/// <summary>What a run measured.</summary>
/// <param name="FileName">The report's name without an ending.</param>
/// <param name="Title">The report's heading.</param>
/// <param name="Workload">What was worked on, in one sentence.</param>
/// <param name="Options">The options that repeat it.</param>
/// <param name="Measurements">Every contestant's times.</param>
/// <param name="Missing">Programs that are not installed.</param>
internal sealed record Comparison(
    string FileName, string Title, string Workload, string Options, IReadOnlyList<Measurement> Measurements, IReadOnlyList<string> Missing)
{
    /// <summary>Runs the contestants scenario by scenario, interleaved: each once per round. The first round warms up and is not counted.</summary>
    /// <param name="contestants">Who takes part.</param>
    /// <param name="runs">Counted rounds.</param>
    /// <param name="folder">The working directory of their commands.</param>
    /// <param name="beforeRound">Called with the scenario and the round before each round; not timed.</param>
    /// <returns>Their times.</returns>
    public static async Task<IReadOnlyList<Measurement>> MeasureAsync(
        IReadOnlyList<Contestant> contestants, int runs, string folder, Action<string, int> beforeRound)
    {
        Dictionary<Contestant, Measurement> measured = contestants.ToDictionary(c => c, c => new Measurement(c, [], []));
        foreach (string scenario in contestants.Select(c => c.Scenario).Distinct())
        {
            for (int run = 0; run <= runs; run++)
            {
                Console.Error.WriteLine($"{scenario}: run {run} of {runs}");
                beforeRound(scenario, run);
                foreach (Contestant contestant in contestants.Where(c => c.Scenario == scenario))
                {
                    await contestant.Prepare(run);
                    long before = Size(contestant.Grows, folder);
                    TimeSpan elapsed = contestant.Call is { } call ? await TimeAsync(call, run) : await Shell.TimeAsync(contestant.Command(run), folder);
                    if (run > 0)
                    {
                        measured[contestant].Seconds.Add(elapsed.TotalSeconds);
                        measured[contestant].BytesAdded.Add(Size(contestant.Grows, folder) - before);
                    }
                }
            }
        }

        return [.. contestants.Select(c => measured[c])];
    }

    private static async Task<TimeSpan> TimeAsync(Func<int, Task> call, int run)
    {
        long started = Stopwatch.GetTimestamp();
        await call(run);
        return Stopwatch.GetElapsedTime(started);
    }

    private static long Size(string? name, string folder)
    {
        string path = Path.Combine(folder, name ?? "");
        return name is null ? 0
            : File.Exists(path) ? new FileInfo(path).Length
            : Directory.Exists(path) ? new DirectoryInfo(path).EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length)
            : 0;
    }
}
