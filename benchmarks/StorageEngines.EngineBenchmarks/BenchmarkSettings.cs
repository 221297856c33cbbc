using System.Globalization;

namespace StorageEngines.EngineBenchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchmarkSettings(int Files, int Runs, string OutputFolder, string Tool)
{
    public static bool TryParse(string[] args, out BenchmarkSettings settings, out string problem)
    {
        settings = new BenchmarkSettings(200_000, 5, "benchmarks/results", DefaultTool());
        problem = "";
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            bool number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0;
            settings = args[i] switch
            {
                "--files" when number => settings with { Files = n },
                "--runs" when number => settings with { Runs = n },
                "--out" when value.Length > 0 => settings with { OutputFolder = value },
                "--tool" when File.Exists(value) => settings with { Tool = Path.GetFullPath(value) },
                _ => settings with { Runs = 0 },
            };
            if (settings.Runs == 0)
            {
                problem = $"'{args[i]} {value}': options are --files N, --runs N, --out DIR, --tool PATH (of storage-engines)";
                return false;
            }
        }

        if (!File.Exists(settings.Tool))
        {
            problem = $"{settings.Tool} is not there; build it with: dotnet build src/StorageEngines.Cli -c Release";
            return false;
        }

        return true;
    }

    private static string DefaultTool() => Path.GetFullPath("src/StorageEngines.Cli/bin/Release/net10.0/storage-engines");
}
