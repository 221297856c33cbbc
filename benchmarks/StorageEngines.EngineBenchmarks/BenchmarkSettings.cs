using System.Globalization;

namespace StorageEngines.EngineBenchmarks;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchmarkSettings
{
    private const string Options =
        "options are --workload w1,w2,w3,w4,xfs,btrfs,ceph,engines; --row ID,... (see the reports); --runs N; --peer-runs N (of those that take long); --peers none|NAME,...; --scale N (divides all sizes); "
        + "--scratch DIR; --keep (generated data, for the next run); --out DIR; --note TEXT (for the reports' header); --tool PATH (of storage-engines)";

    private static readonly string[] _workloads = ["w1", "w2", "w3", "w4", "xfs", "btrfs", "ceph", "engines"];

    public IReadOnlyList<string> Workloads { get; private init; } = _workloads;

    /// <summary>Rows to run; empty for all.</summary>
    public IReadOnlyList<string> Rows { get; private init; } = [];

    public int Runs { get; private init; } = 5;

    public int PeerRuns { get; private init; } = 3;

    /// <summary>Peers that take part; null for all that are installed.</summary>
    public IReadOnlyList<string>? Peers { get; private init; }

    public int Scale { get; private init; } = 1;

    public string Scratch { get; private init; } = Path.Combine(Path.GetTempPath(), "seng-bench");

    public bool Keep { get; private init; }

    public string OutputFolder { get; private init; } = "benchmarks/results";

    public string Tool { get; private init; } = Path.GetFullPath("src/StorageEngines.Cli/bin/Release/net10.0/storage-engines");

    public string? Note { get; private init; }

    /// <summary>The options that say what was measured, without this machine's paths.</summary>
    public required string Line { get; init; }

    public static bool TryParse(string[] args, out BenchmarkSettings settings, out string problem)
    {
        settings = new BenchmarkSettings { Line = string.Join(' ', args.Where((_, i) => !IsPlace(args[i]) && (i == 0 || !IsPlace(args[i - 1])))) };
        static bool IsPlace(string option) => option is "--scratch" or "--out" or "--tool";
        for (int i = 0; i < args.Length; i++)
        {
            BenchmarkSettings? next = args[i] == "--keep" ? settings with { Keep = true } : With(settings, args[i], i + 1 < args.Length ? args[i + 1] : "");
            if (next is null)
            {
                problem = $"'{string.Join(' ', args.Skip(i).Take(2))}': {Options}";
                return false;
            }

            settings = next;
            i += args[i] == "--keep" ? 0 : 1;
        }

        problem = File.Exists(settings.Tool) ? "" : $"{settings.Tool} is not there; build it with: dotnet build src/StorageEngines.Cli -c Release";
        return problem.Length == 0;
    }

    private static BenchmarkSettings? With(BenchmarkSettings settings, string option, string value)
    {
        bool number = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int n) && n > 0;
        return option switch
        {
            "--workload" when value.Split(',').All(_workloads.Contains) => settings with { Workloads = value.Split(',') },
            "--row" when value.Length > 0 => settings with { Rows = value.Split(','), Workloads = [.. value.Split(',').Select(row => row.Split('-')[0]).Distinct()] },
            "--runs" when number => settings with { Runs = n },
            "--peer-runs" when number => settings with { PeerRuns = n },
            "--peers" when value.Length > 0 => settings with { Peers = value == "none" ? [] : value.Split(',') },
            "--scale" when number => settings with { Scale = n },
            "--scratch" when value.Length > 0 => settings with { Scratch = Path.GetFullPath(value) },
            "--out" when value.Length > 0 => settings with { OutputFolder = value },
            "--note" when value.Length > 0 => settings with { Note = value },
            "--tool" when File.Exists(value) => settings with { Tool = Path.GetFullPath(value) },
            _ => null,
        };
    }
}
