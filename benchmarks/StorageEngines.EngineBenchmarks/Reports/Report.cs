using System.Globalization;
using System.Text;
using StorageEngines.EngineBenchmarks.Measuring;

namespace StorageEngines.EngineBenchmarks.Reports;

/// <summary>What was measured on one workload, as Markdown and as a chart.</summary>
internal sealed class Report(
    BenchmarkSettings settings, string fileName, string title, string workload, IReadOnlyList<RowResult> results, IEnumerable<string> missing)
{
    /// <summary>Writes the files, and prints the Markdown.</summary>
    public async Task WriteAsync()
    {
        string path = Path.Combine(settings.OutputFolder, fileName);
        string text = Markdown();
        await File.WriteAllTextAsync(path + ".md", text);
        await File.WriteAllTextAsync(path + ".svg", Chart.Svg(results));
        Console.WriteLine(text);
    }

    private string Markdown()
    {
        var text = new StringBuilder();
        Line(text, $"# {title}").AppendLine();
        Line(text, $"{workload} {Machine.Header()}");
        Line(text, $"Whole processes unless it says otherwise, warm caches, interleaved: every contestant once per round, {settings.Runs} counted rounds; those that take long {settings.PeerRuns} times at most (column n). Read the ratios, not the seconds.");
        if (settings.Note is not null)
        {
            Line(text, $"**{settings.Note}**");
        }

        Line(text, $"Made by `dotnet run -c Release --project benchmarks/StorageEngines.EngineBenchmarks -- {settings.Line}`.");
        if (missing.Any())
        {
            Line(text, $"Not installed, so not compared: {string.Join(", ", missing)}.");
        }

        if (settings.Peers is { } peers)
        {
            Line(text, $"Peers were chosen with `--peers`: {(peers.Count == 0 ? "none" : string.Join(", ", peers))}.");
        }

        Line(text, $"Versions: {string.Join("; ", Machine.Versions(settings))}.").AppendLine();
        DemandTable(text);
        Line(text.AppendLine(), $"![chart]({fileName}.svg)");
        foreach (RowResult result in results)
        {
            RowTable(text, result);
        }

        return text.ToString();
    }

    private void DemandTable(StringBuilder text)
    {
        text.AppendLine("| what | demanded | measured | reached |").AppendLine("|---|---|---|---|");
        foreach (Demand demand in results.SelectMany(Demands.Of))
        {
            Line(text, $"| {demand.What} | {demand.Demanded} | {demand.Measured} | {demand.Reached switch { true => "yes", false => "**no**", null => "not measured" }} |");
        }
    }

    private static void RowTable(StringBuilder text, RowResult result)
    {
        Line(text.AppendLine(), $"## {result.Row.Title} (`--row {result.Row.Id}`)").AppendLine();
        if (result.Row.Note is { } note)
        {
            text.AppendLine(note).AppendLine();
        }

        text.AppendLine("| contestant | role | ratio to the engine | median s | min to max s | n | CPU s | peak MiB | keeps MiB | result |").AppendLine("|---|---|---|---|---|---|---|---|---|---|");
        Measurement engine = result.Measurements[0];
        foreach (Measurement m in result.Measurements)
        {
            string start = $"| {m.Contestant.Name} | {m.Contestant.Role.ToString().ToLowerInvariant()} ";
            if (m.Runs == 0)
            {
                Line(text, $"{start}| - | - | - | 0 | - | - | - | {OneLine(m.Failure ?? "not run")} |");
                continue;
            }

            string ratio = engine.Runs == 0 ? "-" : Demands.Round(m.Median / engine.Median);
            string processor = double.IsNaN(m.ProcessorSeconds) ? "-" : m.ProcessorSeconds.ToString("F2", CultureInfo.InvariantCulture);
            Line(text, $"{start}| {ratio} | {m.Median:F3} | {m.Least:F3} to {m.Most:F3} | {m.Runs} | {processor} | {MiB(m.PeakBytes)} | {MiB(m.Kept)} | {OneLine(m.Failure ?? m.Result ?? "-")} |");
        }
    }

    private static string MiB(long? bytes) => bytes is { } some ? (some / 1048576.0).ToString(some < 10 << 20 ? "F2" : "F0", CultureInfo.InvariantCulture) : "-";

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Replace("|", "\\|", StringComparison.Ordinal);

    private static StringBuilder Line(StringBuilder text, FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
