using System.Globalization;

namespace StorageEngines.EngineBenchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchmarkSettings(Workload Workload, int Files, int ImageMiB, int Runs, string OutputFolder, string Tool, string? Note)
{
    private const string Options =
        "options are --workload tree|image, --files N, --image-mib N, --runs N, --out DIR, --note TEXT (for the report's header), --tool PATH (of storage-engines)";

    public static bool TryParse(string[] args, out BenchmarkSettings settings, out string problem)
    {
        settings = new BenchmarkSettings(Workload.Tree, 200_000, 4096, 5, "benchmarks/results", DefaultTool(), null);
        problem = "";
        for (int i = 0; i < args.Length; i += 2)
        {
            string value = i + 1 < args.Length ? args[i + 1] : "";
            bool number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0;
            settings = args[i] switch
            {
                "--workload" when value is "tree" or "image" => settings with { Workload = value == "tree" ? Workload.Tree : Workload.Image },
                "--files" when number => settings with { Files = n },
                "--image-mib" when number => settings with { ImageMiB = n },
                "--runs" when number => settings with { Runs = n },
                "--out" when value.Length > 0 => settings with { OutputFolder = value },
                "--note" when value.Length > 0 => settings with { Note = value },
                "--tool" when File.Exists(value) => settings with { Tool = Path.GetFullPath(value) },
                _ => settings with { Runs = 0 },
            };
            if (settings.Runs == 0)
            {
                problem = $"'{args[i]} {value}': {Options}";
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
